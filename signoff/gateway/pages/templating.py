"""HTML from templates: every value is escaped, and a value that is missing is an error."""

import hashlib
from http import HTTPStatus
from pathlib import Path
from typing import Final

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from signoff.gateway.pages.csrf import csrf_token
from signoff.gateway.pages.sessions import person_of
from signoff.showing import TEMPLATES

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"


def asset(name: str) -> str:
    """Give the address of a static file. It changes with the content, so browsers may keep the file for good."""
    return f"/static/{name}?v={version_of(name)}"


def version_of(name: str) -> str:
    """Give the version of a static file's content."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:16]


def page(
    request: Request,
    name: str,
    /,
    *,
    status: int = HTTPStatus.OK,
    headers: dict[str, str] | None = None,
    **context: object,
) -> HTMLResponse:
    """Answer with a template, which also gets `person` (if anybody is signed in), `csrf` for forms, and `path`."""
    always = {"person": person_of(request), "csrf": csrf_token(request), "path": request.url.path}
    html = environment.get_template(name).render({**always, **context})
    return HTMLResponse(html, status_code=status, headers=headers)


environment: Final = Environment(
    loader=FileSystemLoader([HERE / "templates", TEMPLATES]),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
environment.globals["asset"] = asset
