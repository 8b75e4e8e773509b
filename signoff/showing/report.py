"""A job as one page for people outside: it holds everything that it shows, and can neither act nor fetch."""

import base64
import hashlib
from typing import Final, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from signoff.domain.evidence import EvidenceIndex
from signoff.domain.fitting import index_of_body
from signoff.domain.integrity import UnsoundError
from signoff.domain.manifest import Exported
from signoff.showing import TEMPLATES
from signoff.showing.rendering import Exact, Rendering, exact, render
from signoff.showing.telling import Telling
from signoff.showing.timeline import draw

NO_BODY: Final = "The response body is not among the files, so the work behind the result can't be shown."
UNREADABLE: Final = "The response body can't be read, so the work behind the result can't be shown."


class _Shown(NamedTuple):
    """The result in both views. `is_approved` says whether enough people approved these bytes."""

    rendering: Rendering
    exact: Exact
    is_approved: bool


def render_report(exported: Exported) -> str:
    """Render the report of an exported job."""
    evidence, problem = _evidence(exported)
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    return environment.get_template("report.html").render(
        exported=exported,
        record=exported.record,
        shown=_shown(exported),
        evidence=evidence,
        evidence_problem=problem,
        picture=draw(exported.record, exported.at),
        refusals=[line for review in exported.record.reviews for line in review.lines if not line.is_accepted],
        tell=Telling(exported.at),
        policy=_policy(style),
        style=Markup(style),  # noqa: S704  our own file
    )


def _shown(exported: Exported) -> _Shown | None:
    draft, record = exported.shown, exported.record
    if draft is None:
        return None
    is_approved = record.review is not None and record.review.has_approved_bytes
    return _Shown(render(draft.text, draft.citations), exact(draft.text), is_approved)


def _evidence(exported: Exported) -> tuple[EvidenceIndex | None, str]:
    if exported.body is None:
        return None, NO_BODY if exported.record.attempts else ""
    try:
        return index_of_body(exported.body, "the response body"), ""
    except UnsoundError:
        return None, UNREADABLE


def _policy(style: str) -> str:
    """Allow this very style sheet and nothing else, should anything ever slip through."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


environment: Final = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
