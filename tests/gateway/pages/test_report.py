"""The report of an exported job: everything is told, and nothing in it can act or fetch."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from signoff.domain import progress
from signoff.domain.attempt import Stray
from signoff.domain.deliverable import Citation, Deliverable, digest_of
from signoff.domain.failures import Failure, FailureClass, Stage
from signoff.domain.holdings import Part
from signoff.domain.manifest import Absence, Exported, FileEntry
from signoff.domain.record import JobRecord
from signoff.domain.status import ResponseStatus
from signoff.domain.usage import Usage
from signoff.showing.report import NO_BODY, UNREADABLE, render_report
from tests.domain.handing_over import all_arrived, elsewhere, stuck
from tests.starter.fake import START, FakeJobs

AT = datetime(2026, 5, 2, tzinfo=UTC)
HOSTILE = """# Brief <script>alert(1)</script>

![spy](https://evil.example/pixel.png) [go](javascript:alert(1)) <img src=x onerror=alert(1)> \u202egnp
</style><style>@import url(https://evil.example/x.css)</style>
"""


def completed(text: str = "The *tide* turns.", **changes: object) -> Exported:
    jobs = FakeJobs()
    jobs.add_completed("brief-1", text)
    [draft] = jobs.archive.values()
    return Exported(record=jobs.records["brief-1"].model_copy(update=changes), at=AT, shown=draft)


def held() -> Exported:
    jobs = FakeJobs()
    jobs.add_held("brief-1")
    [draft] = jobs.archive.values()
    return Exported(record=jobs.records["brief-1"], at=AT, shown=draft)


def stopped(stage: Stage, failure_class: FailureClass) -> JobRecord:
    failure = Failure(
        stage=stage, failure_class=failure_class, code="odd", message="It <b>broke</b>.", attempt=1, at=START
    )
    return FakeJobs().add_stopped("brief-1", failure)


def test_the_report_can_neither_act_nor_fetch() -> None:
    report = render_report(completed(HOSTILE, title=HOSTILE, reason=HOSTILE, labels={"k": HOSTILE}))
    assert not re.search(r"<(script|img|iframe|link|object|embed|form|base)\b|<[^>]+ on\w+=", report)
    assert not re.search(r"<[^>]+(src|srcset|background|action)=", report)
    assert "javascript:" not in "".join(re.findall(r'href="([^"]*)"', report))
    assert report.count("<style") == report.count("</style>") == 1
    assert "url(" not in report.partition("</head>")[0].partition("<style>")[2]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in report
    assert "[RLO]" in report


def test_its_policy_allows_its_own_style_and_nothing_else() -> None:
    report = render_report(completed())
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', report)
    style = report.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert found
    assert found[1].replace("&#39;", "'") == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert report.index("Content-Security-Policy") < report.index("<style>")


def test_what_was_approved_is_told_from_a_mere_draft() -> None:
    assert "Approved result" in render_report(completed())
    told = render_report(held())
    assert "Last draft, which is not approved" in told
    assert "This job was still open" in told
    assert "Approved result" not in told


def test_the_result_is_rendered_and_its_citations_quoted() -> None:
    text = "Tides turn twice a day. They are high."
    shown = Deliverable(
        job_id="brief-1",
        attempt=1,
        text=text,
        citations=(Citation(title="Tides", url="https://example.org/tides", start=0, end=23),),
    )
    report = render_report(completed(text)._replace(shown=shown))
    assert '<a href="#source-1"' in report
    assert 'href="https://example.org/tides"' in report
    assert '<span class="soft" dir="auto">Tides turn twice a day.</span>' in report


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (json.dumps({"output": [{"type": "web_search_call", "action": {"query": "tides"}}]}).encode(), "Web search"),
        (b'{"output": []}', "The model called no tools"),
        (None, NO_BODY),
        (b"{", UNREADABLE),
        (b"[]", UNREADABLE),
        (b"[" * 100_000, UNREADABLE),
    ],
    ids=["searched", "no steps", "no body", "torn", "no object", "too deep"],
)
def test_the_work_behind_the_result_is_told_or_why_not(body: bytes | None, told: str) -> None:
    assert told in html.unescape(render_report(completed()._replace(body=body)))


def with_stray(one: Exported) -> Exported:
    usage = Usage(input_tokens=5, output_tokens=1_234, total_tokens=1_239)
    stray = Stray(response_id="resp_x", attempt=1, found_at=AT, status=ResponseStatus.CANCELLED, usage=usage)
    return one._replace(record=one.record.model_copy(update={"strays": (stray,), "possibly_paid_twice": True}))


def with_refusal(one: Exported) -> Exported:
    [line] = one.record.opened_review.lines
    refused = line.model_copy(update={"is_accepted": False, "reviewer": "eve", "reason": "eve may not decide"})
    review = one.record.opened_review.model_copy(update={"lines": (line, refused)})
    return one._replace(record=one.record.model_copy(update={"review": review}))


def with_files(one: Exported) -> Exported:
    entry = FileEntry(path="record.json", part=Part.RECORD, about="the record", sha256=digest_of(b"x"), size_bytes=1)
    gone = Absence(path="attempts/1/request.json", part=Part.REQUEST, about="the parameters", why="it was erased")
    return one._replace(files=(entry,), absent=(gone,))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (with_stray, ["stray of 1", "5 / 1,234 / 1,239", "Possibly paid twice"]),
        (with_refusal, ["<h3>Refused</h3>", "eve may not decide"]),
        (with_files, [digest_of(b"x"), "Not everything is here.", "it was erased"]),
        (lambda one: one, ["bob", "approved", "r-1", "delivered"]),
        (lambda one: one._replace(shown=None), ["There is none to show."]),
    ],
    ids=["strays", "refusals", "files", "decisions and receipt", "no draft"],
)
def test_everything_else_of_the_record_is_told(change: Callable[[Exported], Exported], told: list[str]) -> None:
    report = render_report(change(completed()))
    assert [words for words in told if words not in report] == []


@pytest.mark.parametrize(
    ("stage", "failure_class"),
    [
        (Stage.CREATE, FailureClass.QUOTA),
        (Stage.LOOK, FailureClass.UNCLASSIFIED),
        (Stage.DELIVER, FailureClass.CONFIGURATION),
    ],
)
def test_a_stopped_job_says_why_at_whatever_stage(stage: Stage, failure_class: FailureClass) -> None:
    report = render_report(Exported(record=stopped(stage, failure_class), at=AT))
    assert "Why it stopped" in report
    assert "It &lt;b&gt;broke&lt;/b&gt;." in report


def test_a_job_to_which_nothing_has_happened_has_a_report() -> None:
    jobs = FakeJobs()
    assert "It was never held for review." in render_report(Exported(record=jobs.add_begun("brief-1"), at=AT))


def of_several(record: JobRecord) -> str:
    """Render the report of a job with three destinations, as its text."""
    report = render_report(Exported(record=record, at=AT, shown=None))
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", report.partition("<body>")[2])).split())


def test_every_receipt_of_several_deliveries_is_told() -> None:
    told = of_several(all_arrived())
    for number, folder in ((1, "a"), (2, "d"), (3, "c")):
        assert f"a file in the folder {folder} of the deployment delivered receipt r-{number}" in told
        assert f"{number}, file a file in the folder {folder} of the deployment r-{number} 2026-01-05" in told
    assert "delivery 2 : a file in the folder b of the deployment → a file in the folder d of the deployment" in told


def test_a_delivery_that_has_not_arrived_is_told_beside_the_receipts_of_the_others() -> None:
    assert "2, file a file in the folder b of the deployment none stopped" in of_several(stuck())
    cancelled = progress.cancelled(elsewhere(), "stopped by ana", AT)
    assert "2, file a file in the folder d of the deployment none not delivered" in of_several(cancelled)


def test_what_is_approved_stays_so_while_another_destination_is_asked_for() -> None:
    shown = Deliverable(job_id="a-job", attempt=1, text="The tide turns.")
    told = render_report(Exported(record=elsewhere(), at=AT, shown=shown))
    assert "Approved result" in told
