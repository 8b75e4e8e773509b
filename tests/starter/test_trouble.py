"""What `signoff show` and `watch` tell of a job that stopped: who acts, how, and the exact commands."""

import json

import pytest

from signoff.domain.failures import POSSIBLY_SENT, Failure, FailureClass, Stage, failure_at
from signoff.domain.policies import POLICIES
from signoff.domain.status import NextAction
from starter.causes import how_to_act
from tests.starter.conftest import Signoff
from tests.starter.fake import START, FakeJobs

LOST = failure_at(Stage.CREATE, FailureClass.OUTCOME_UNKNOWN, "no answer came", START)
GONE = failure_at(Stage.LOOK, FailureClass.RESULT_LOST, "404", START)


def a_failure(failure_class: FailureClass, stage: Stage = Stage.LOOK, code: str = "") -> Failure:
    """Make one that is not retried by itself."""
    failure = failure_at(stage, failure_class, "what the other side said", START, code=code)
    return failure.model_copy(update={"may_retry": False})


def commands(shown: str) -> list[str]:
    """The commands that are told at the end, without the name of the program."""
    _, _, told = shown.partition("next, type\n")
    return [line.split(maxsplit=1)[1] for line in told.splitlines() if not line.startswith("      ")]


@pytest.mark.parametrize("action", NextAction)
@pytest.mark.parametrize("failure_class", [None, *FailureClass])
def test_every_class_and_action_has_a_sentence(failure_class: FailureClass | None, action: NextAction) -> None:
    told = how_to_act(failure_class, action)
    assert len(told) > 10
    assert "retry" in told or action is not NextAction.RETRY_DELIVERY


def test_each_class_says_something_of_its_own() -> None:
    sentences = {how_to_act(one, POLICIES[one].next_action) for one in FailureClass}
    deliveries = {how_to_act(one, NextAction.RETRY_DELIVERY) for one in FailureClass}
    assert (len(sentences), len(deliveries)) == (len(FailureClass), len(FailureClass))


@pytest.mark.parametrize("action", [NextAction.INSPECT, NextAction.RETRY_DELIVERY])
def test_what_may_have_arrived_is_looked_for_before_it_is_sent_once_more(action: NextAction) -> None:
    told = how_to_act(FailureClass.OUTCOME_UNKNOWN, action, POSSIBLY_SENT)
    assert told.startswith("look there whether it arrived")
    assert "no harm" not in told


AMEND, ABANDON, CANCEL = "amend brief-1 --set NAME=VALUE --reason why", "abandon brief-1 --reason why", "cancel brief-1"
REWRITE = "amend brief-1 --file changes.json --reason why"


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (a_failure(FailureClass.TRANSIENT), ["retry brief-1", AMEND]),
        (a_failure(FailureClass.QUOTA), ["retry brief-1", AMEND]),
        (a_failure(FailureClass.CONFIGURATION, Stage.CREATE), ["retry brief-1", AMEND]),
        (
            a_failure(FailureClass.CONFIGURATION, Stage.CREATE, "model_not_found"),
            ["retry brief-1", "amend brief-1 --set model=MODEL --reason why"],
        ),
        (a_failure(FailureClass.MALFORMED_INPUT, Stage.CREATE), [AMEND, "retry brief-1"]),
        (
            a_failure(FailureClass.MALFORMED_INPUT, Stage.CREATE, "context_length_exceeded"),
            ["amend brief-1 --set truncation=auto --reason why", "retry brief-1"],
        ),
        (a_failure(FailureClass.POLICY, Stage.LOOK, "content_filter"), [REWRITE, "retry brief-1"]),
        (a_failure(FailureClass.REVIEW_REQUIRED, Stage.LOOK, "invalid_prompt"), [REWRITE, "retry brief-1"]),
        (
            a_failure(FailureClass.REVIEW_REQUIRED, Stage.LOOK, "max_output_tokens"),
            ["amend brief-1 --set max_output_tokens=8000 --reason why", "retry brief-1"],
        ),
        (a_failure(FailureClass.RESULT_LOST), ["retry brief-1", AMEND]),
        (a_failure(FailureClass.UNCLASSIFIED), ["retry brief-1", "retry brief-1 --anew", AMEND]),
        (a_failure(FailureClass.CONFIGURATION, Stage.DELIVER), ["retry brief-1", "redeliver brief-1 --to DESTINATION"]),
    ],
)
def test_a_stopped_job_tells_the_exact_commands(
    signoff: Signoff, jobs: FakeJobs, failure: Failure, told: list[str]
) -> None:
    jobs.add_stopped("brief-1", failure)
    assert commands(signoff("show", "brief-1").stdout) == [*told, ABANDON, CANCEL]


def test_a_lost_reply_is_announced_before_anything_is_paid_again(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_stopped("brief-1", a_failure(FailureClass.OUTCOME_UNKNOWN, Stage.CREATE))
    shown = signoff("show", "brief-1").stdout
    assert commands(shown) == ["announce brief-1 RESPONSE_ID", "retry brief-1", AMEND, ABANDON, CANCEL]
    assert "its metadata signoff_job_id is this job's id" in shown
    assert "should the lost response exist after all, both are paid" in shown


def test_a_response_that_may_still_run_is_looked_at_before_another_is_paid(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.stop(jobs.add_running("brief-1"), a_failure(FailureClass.TRANSIENT))
    shown = signoff("show", "brief-1").stdout
    assert commands(shown)[:2] == ["retry brief-1", "retry brief-1 --anew"]
    assert "look at resp_1 again, free of charge" in shown
    assert "stop resp_1, then pay for a new attempt instead" in shown


def test_every_command_that_is_told_is_taken(signoff: Signoff, jobs: FakeJobs) -> None:
    for failure_class in FailureClass:
        for stage in (Stage.CREATE, Stage.LOOK, Stage.DELIVER):
            stopped = jobs.add_stopped("brief-1", a_failure(failure_class, stage))
            told = [line for line in commands(signoff("show", "brief-1").stdout) if line.startswith(("retry", "aband"))]
            for command in told:
                jobs.records["brief-1"] = stopped
                assert signoff(*command.split()).exit_code == 0


def test_who_acts_and_until_when_is_told(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_stopped("brief-1", a_failure(FailureClass.MALFORMED_INPUT, Stage.CREATE))
    shown = signoff("show", "brief-1").stdout
    assert "next action  amend_request, by the requester: say what the request should have been" in shown
    assert "act by       2026-05-08 12:00:00 UTC" in shown
    assert "cost so far  nothing: OpenAI took no create\n" in shown


def test_what_a_long_failure_said_is_shown_whole(signoff: Signoff, jobs: FakeJobs) -> None:
    failure = a_failure(FailureClass.UNCLASSIFIED).model_copy(update={"message": "x" * 900, "evidence": '{"odd": 1}'})
    jobs.add_stopped("brief-1", failure)
    shown = signoff("show", "brief-1").stdout
    assert f"  it said      {'x' * 900}\n" in shown
    assert '  evidence     {"odd": 1}\n' in shown


def test_what_came_back_is_named_where_it_lies(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_stopped("brief-1", a_failure(FailureClass.UNCLASSIFIED))
    assert "jobs/brief-1/attempts/1/response.json in the archive\n" in signoff("show", "brief-1").stdout


def test_a_job_that_is_being_given_up_waits_for_nobody(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_stopped("brief-1", GONE)
    signoff("abandon", "brief-1", "--reason", "withdrawn")
    shown = signoff("show", "brief-1").stdout
    assert "next action  wait: it is being given up" in shown
    assert commands(shown) == ["watch brief-1 --until closed"]


def test_watching_ends_with_what_stopped_the_job_and_what_to_type(signoff: Signoff, jobs: FakeJobs) -> None:
    stopped = jobs.add_stopped("brief-1", a_failure(FailureClass.QUOTA))
    jobs.add_running("brief-1")
    jobs.steps["brief-1"] = [stopped]
    done = signoff("watch", "brief-1")
    assert done.exit_code == 0
    assert "next action  restore_quota, by the operator: pay the bill" in done.stdout
    assert commands(done.stdout) == ["retry brief-1", AMEND, ABANDON, CANCEL]


@pytest.mark.parametrize("command", ["show", "watch"])
def test_json_carries_the_same_advice(signoff: Signoff, jobs: FakeJobs, command: str) -> None:
    jobs.add_stopped("brief-1", a_failure(FailureClass.QUOTA))
    advice = json.loads(signoff(command, "brief-1", "--json").stdout)["advice"]
    assert (advice["next_action"], advice["actor"]) == ("restore_quota", "operator")
    assert "pay the bill" in advice["says"]
    assert [one["command"].split()[1] for one in advice["commands"]] == ["retry", "amend", "abandon", "cancel"]


def test_without_a_worker_only_showing_it_later_is_told(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_stopped("brief-1", a_failure(FailureClass.QUOTA))
    jobs.has_worker = False
    shown = signoff("show", "brief-1").stdout
    assert commands(shown) == ["show brief-1"]
    assert "next action  restore_quota, by the operator: pay the bill" in shown


def test_the_list_tells_who_acts(signoff: Signoff, jobs: FakeJobs) -> None:
    jobs.add_stopped("brief-1", a_failure(FailureClass.MALFORMED_INPUT, Stage.CREATE))
    jobs.add_stopped("brief-2", a_failure(FailureClass.REVIEW_REQUIRED))
    jobs.add_running("brief-3")
    lines = signoff("list").stdout.splitlines()[1:]
    told = [["amend_request", "requester"], ["inspect", "reviewer"], ["wait", "-"]]
    assert [line.split()[2:4] for line in lines] == told
    assert [job["actor"] for job in json.loads(signoff("list", "--json").stdout)] == ["requester", "reviewer", "nobody"]
