"""`signoff review`, `approve` and `reject`: a decision is bound to the bytes that were looked at."""

import getpass
import json

import pytest

from signoff.domain.deliverable import Deliverable
from signoff.domain.errors import UnreachableError
from signoff.domain.evidence import EvidenceRef
from starter.drafts import SHOWN_LIMIT, draft_lines
from tests.starter.conftest import Signoff
from tests.starter.fake import FakeJobs

HOSTILE = (
    "All is well.\x1b[2J\x1b]0;title\x07 [bold]no markup[/bold]\u202egnorts\u2066\x9b31m\r\nsecond line\rovertyped"
)
OTHER = f"sha256:{0:064d}"


def test_review_shows_what_will_be_delivered_and_how_to_decide(signoff: Signoff, jobs: FakeJobs) -> None:
    digest = jobs.add_held("brief-1")
    shown = signoff("review", "brief-1").stdout
    assert "  | A short answer.\n" in shown
    assert "[1] A source https://example.org/source (characters 0 to 7)" in shown
    assert "tool_failed: a web_search_call did not succeed" in shown
    assert "decide by    2026-05-08 12:01:00 UTC" in shown
    assert f"signoff approve brief-1 --digest {digest}\n" in shown
    assert f"signoff reject brief-1 --digest {digest} --comment" in shown


def test_review_as_json_holds_the_deliverable_and_its_digest(signoff: Signoff, jobs: FakeJobs) -> None:
    digest = jobs.add_held("brief-1", text=HOSTILE)
    document = json.loads(signoff("review", "brief-1", "--json").stdout)
    assert (document["digest"], document["deliverable"]["text"]) == (digest, HOSTILE)


@pytest.mark.parametrize("command", ["review", "result"])
def test_a_models_text_cannot_steer_the_terminal(signoff: Signoff, jobs: FakeJobs, command: str) -> None:
    jobs.add_completed("brief-1", text=HOSTILE)
    shown = signoff(command, "brief-1").stdout
    assert not [char for char in shown if char != "\n" and not char.isprintable() and not char.isspace()]
    assert not set(shown) & set("\x1b\x07\x9b\r\u202e\u2066")
    assert "All is well.␛[2J␛]0;title␇ [bold]no markup[/bold]" in shown


def test_a_models_text_cannot_pass_for_ours(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_held("brief-1", text=f"done\nto decide, type\n  signoff approve brief-1 --digest {OTHER}")
    lines = signoff("review", "brief-1").stdout.splitlines()
    assert all(line.startswith("  | ") for line in lines if OTHER in line)


def test_nothing_is_decided_without_a_digest(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_held("brief-1")
    for command in ("approve", "reject"):
        done = signoff(command, "brief-1", "--comment", "why not")
        assert (done.exit_code, done.stdout) == (2, "")
        assert "signoff review brief-1" in done.stderr
    assert not jobs.decisions


def test_an_approval_counts_and_tells_what_follows(signoff: Signoff, jobs: FakeJobs) -> None:
    digest = jobs.add_held("brief-1")
    done = signoff("approve", "brief-1", "--digest", digest, "--as", "bob", "--comment", "sources checked")
    assert done.exit_code == 0
    assert done.stdout.startswith("the approval by bob counts; brief-1 is delivering\n")
    [decision] = jobs.decisions
    assert (decision.reviewer, decision.digest, decision.comment) == ("bob", digest, "sources checked")


def test_an_approval_says_when_more_are_needed(signoff: Signoff, jobs: FakeJobs) -> None:
    digest = jobs.add_held("brief-1", approvals=2)
    assert "more approvals" in signoff("approve", "brief-1", "--digest", digest, "--as", "bob").stdout


def test_the_reviewer_is_by_default_the_user_of_the_computer(signoff: Signoff, jobs: FakeJobs) -> None:
    digest = jobs.add_held("brief-1")
    signoff("approve", "brief-1", "--digest", digest)
    assert jobs.decisions[0].reviewer == getpass.getuser()


def test_each_decision_has_an_id_of_its_own_unless_one_is_given(signoff: Signoff, jobs: FakeJobs) -> None:
    digest = jobs.add_held("brief-1", approvals=3)
    for options in ([], [], ["--decision-id", "d-3"]):
        signoff("approve", "brief-1", "--digest", digest, *options)
    ids = [decision.decision_id for decision in jobs.decisions]
    assert len(set(ids)) == 3
    assert ids[2] == "d-3"


def test_a_rejection_closes_the_job(signoff: Signoff, jobs: FakeJobs) -> None:
    digest = jobs.add_held("brief-1")
    done = signoff("reject", "brief-1", "--digest", digest, "--as", "bob", "--comment", "no sources")
    assert (done.exit_code, jobs.records["brief-1"].status) == (0, "rejected")


def test_a_rejection_needs_a_comment(signoff: Signoff, jobs: FakeJobs) -> None:
    digest = jobs.add_held("brief-1")
    done = signoff("reject", "brief-1", "--digest", digest, "--as", "bob")
    assert (done.exit_code, jobs.decisions) == (2, [])
    assert "--comment" in done.stderr


def test_a_refused_decision_ends_with_4_and_the_reason(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_held("brief-1")
    done = signoff("approve", "brief-1", "--digest", OTHER, "--as", "bob", "--json")
    assert done.exit_code == 4
    assert json.loads(done.stdout)["is_accepted"] is False
    assert "look at it again" in done.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--digest", "2c26b46b"], "--digest: "),
        (["--digest", OTHER, "--as", " "], "--as: "),
        (["--digest", OTHER, "--decision-id", "a b"], "--decision-id: "),
        (["--digest", OTHER, "--comment", "x" * 4_001], "--comment: "),
    ],
)
def test_a_bad_option_is_named(signoff: Signoff, jobs: FakeJobs, options: list[str], told: str) -> None:
    jobs.add_held("brief-1")
    done = signoff("approve", "brief-1", *options)
    assert (done.exit_code, jobs.decisions) == (2, [])
    assert told in done.stderr


def test_a_lost_answer_tells_the_command_that_is_safe_to_repeat(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.error = UnreachableError("no answer")
    options = ["--digest", OTHER, "--comment", "it's fine", "--as", "bob"]
    done = signoff("approve", "brief-1", *options, "--decision-id", "d-1")
    assert done.exit_code == 5
    assert (
        f"signoff approve brief-1 --digest {OTHER} --comment 'it'\"'\"'s fine' --as bob --decision-id d-1"
        in done.stderr
    )


def test_a_long_text_is_shown_up_to_a_limit_and_where_the_rest_is_is_told() -> None:
    lines = list(draft_lines(Deliverable(job_id="job-1", attempt=1, text="x" * SHOWN_LIMIT + "y")))
    assert lines[0] == "text of attempt 1, 200,001 characters"
    assert lines[1] == f"  | {'x' * SHOWN_LIMIT}"
    assert lines[2] == "  these are the first 200,000 characters; for all of them, type"
    assert lines[3].endswith("review job-1 --json")


BODY = {
    "id": "resp_1",
    "model": "m-1",
    "usage": {"input_tokens": 1_200, "input_tokens_details": {"cached_tokens": 7}},
    "output": [
        {"type": "mcp_call", "name": "find", "arguments": "a\nto decide, type\x1b[2J", "error": "it broke"},
        {"type": "hologram"},
        {
            "type": "message",
            "content": [
                {
                    "type": "output_text",
                    "text": "Tides turn.",
                    "annotations": [
                        {"type": "url_citation", "url": "https://a.example", "start_index": 0, "end_index": 5},
                        {"type": "url_citation", "url": "https://b.example", "start_index": 5, "end_index": 99},
                    ],
                }
            ],
        },
    ],
}


def test_evidence_shows_steps_counts_tokens_and_citations_with_their_words(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_held("brief-1")
    jobs.bodies["brief-1", 1] = BODY
    shown = signoff("evidence", "brief-1").stdout
    for told in (
        "1,200 in, 7 of them cached\n",
        "     1 hologram (of unknown type)\n",
        "    1 mcp_call find\n        failed: it broke\n        | a\n        | to decide, type␛[2J\n",
        "  url_citation https://a.example\n        for: Tides\n",
        "for no words of the text: it names the places 5 to 99",
    ):
        assert told in shown, shown
    assert json.loads(signoff("evidence", "brief-1", "--json").stdout)["items"] == 3


def test_evidence_of_an_attempt_without_a_body_is_refused(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_held("brief-1")
    done = signoff("evidence", "brief-1", "--attempt", "1")
    assert (done.exit_code, done.stdout) == (4, "")
    assert "is not in the archive" in done.stderr


def test_review_says_in_short_how_the_draft_was_made(signoff: Signoff, jobs: FakeJobs) -> None:
    record = jobs.add_running("brief-1")
    ref = EvidenceRef(digest=OTHER, steps=2, citations=1, unknown_items=1)
    attempts = tuple(one.model_copy(update={"evidence": ref}) for one in record.attempts)
    jobs.hold(record.model_copy(update={"attempts": attempts}), "A text.")
    shown = signoff("review", "brief-1").stdout
    assert (
        "2 steps, 1 citation, 1 item of unknown type; to see them, type signoff evidence brief-1 --attempt 1" in shown
    )
