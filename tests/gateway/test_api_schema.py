"""The served OpenAPI document is true: generated calls, good and bad, meet nothing that it does not say."""

from collections.abc import Iterator

import pytest
import schemathesis
from schemathesis import Config
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder

from tests.gateway.serving import served

CONFIG = """
seed = 1
headers = {{ Authorization = "Bearer {secret}" }}
continue-on-failure = true

[generation]
deterministic = true
database = "none"
max-examples = 40
with-security-parameters = false
no-shrink = true

[phases.stateful]
enabled = true
max-steps = 5

# The stream of an open job does not end, so no generated call could either.
[[operations]]
include-operation-id = "follow_job"
enabled = false

# 400 says that a call has the form, and breaks a rule beyond it; 410 follows a call that erased the job.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 403, 404, 409, 410]
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    with served(tmp_path_factory.mktemp("gateway")) as opened:
        yield opened


def answered(recorder: ScenarioRecorder, case_id: str) -> str:
    """Show a call and its answer."""
    case, response = recorder.cases[case_id].value, recorder.interactions[case_id].response
    told = f"{response.status_code} {response.content[:300]!r}" if response else "nothing"
    return f"{case.formatted_path} {case.query} {str(case.body)[:300]} -> {told}"


def test_generated_calls_meet_nothing_that_the_document_does_not_say(gateway: tuple[str, str]) -> None:
    url, secret = gateway
    config = Config.from_str(CONFIG.format(secret=secret))
    schema = schemathesis.openapi.from_url(
        f"{url}/openapi.json", config=config, headers={"Authorization": f"Bearer {secret}"}
    )
    failures, calls = [], 0
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            calls += len(event.recorder.cases)
            for case_id, checks in event.recorder.checks.items():
                broken = [f"{one.name}: {one.failure_info.failure}" for one in checks if one.failure_info]
                failures += [f"{told} {answered(event.recorder, case_id)}" for told in broken]
        elif isinstance(event, events.NonFatalError | events.FatalError):
            failures.append(str(event))
    assert not failures, "\n\n".join(failures[:20])
    assert calls > 200
