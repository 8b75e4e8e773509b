"""What answers whom: tokens, unknown paths, errors of our own, and the document."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from signoff.adapters.archive import open_archive
from signoff.client import JobClient
from signoff.domain.description import JobDescription
from signoff.domain.errors import SignoffError, UnreachableError
from signoff.domain.job import JobRequest
from signoff.encryption import KeyRing, new_entry
from signoff.gateway.app import GatewayParts, create_app
from signoff.gateway.models import JobSubmission
from signoff.temporal import data_converter
from signoff.tokens import Role, TokenStore
from tests.gateway.conftest import Callers, callers_of
from tests.gateway.test_api_jobs import kind
from tests.world import a_request

SECRET_WORDS = "the innermost secret"


class BrokenJobs(JobClient):
    """Raises what a test wants where a job is described."""

    error: Exception = RuntimeError(SECRET_WORDS)

    async def describe(self, job_id: str) -> JobDescription:  # noqa: ARG002  every id is the same to it
        raise self.error


@pytest.fixture
def broken() -> BrokenJobs:
    return BrokenJobs.__new__(BrokenJobs)


@pytest.fixture
def store(tmp_path: Path) -> TokenStore:
    return TokenStore(tmp_path / "tokens.json")


async def health(_request: Request) -> Response:
    return PlainTextResponse("well")


@pytest.fixture
def http(broken: BrokenJobs, store: TokenStore) -> httpx2.AsyncClient:
    app = create_app(GatewayParts(jobs=broken, tokens=store), [Route("/healthz", health)])
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://gateway")


def headers(store: TokenStore, role: Role = Role.OPERATOR, **more: timedelta) -> dict[str, str]:
    made = store.create("somebody", [role], datetime.now(UTC) - timedelta(hours=1), more.get("expires_in"))
    return {"Authorization": f"Bearer {made.secret}"}


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/jobs/any", "/v1/jobs/any/draft", "/openapi.json", "/nowhere", "/"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_no_path_answers_without_a_token(http: httpx2.AsyncClient, method: str, path: str) -> None:
    answer = await http.request(method, path)
    assert kind(answer) == (401, "no-valid-token")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer", "Basic YTpi", "Bearer " + "x" * 5_000, "Bearer \xff"])
async def test_a_token_that_does_not_count_lets_nobody_in(
    http: httpx2.AsyncClient, store: TokenStore, header: str
) -> None:
    headers(store)
    answer = await http.get("/openapi.json", headers=[(b"Authorization", header.encode("latin-1"))])
    assert kind(answer) == (401, "no-valid-token")
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_an_expired_or_revoked_token_lets_nobody_in(http: httpx2.AsyncClient, store: TokenStore) -> None:
    expired, valid = headers(store, expires_in=timedelta(minutes=1)), headers(store)
    assert (await http.get("/openapi.json", headers=expired)).status_code == 401
    assert (await http.get("/openapi.json", headers=valid)).status_code == 200
    store.revoke(store.all()[-1].token_id)
    assert (await http.get("/openapi.json", headers=valid)).status_code == 401


async def test_extra_routes_need_no_token(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/healthz")).text == "well"


async def test_a_damaged_token_file_lets_nobody_in_and_tells_no_path(
    http: httpx2.AsyncClient, store: TokenStore, tmp_path: Path
) -> None:
    valid = headers(store)
    (tmp_path / "tokens.json").write_text("{")
    answer = await http.get("/openapi.json", headers=valid)
    assert kind(answer) == (503, "unreachable")
    assert str(tmp_path) not in answer.text


async def test_an_unknown_path_and_a_wrong_method_are_problems(http: httpx2.AsyncClient, store: TokenStore) -> None:
    valid = headers(store)
    assert kind(await http.get("/nowhere", headers=valid)) == (404, "not-found")
    wrong = await http.delete("/v1/jobs", headers=valid)
    assert kind(wrong) == (405, "method-not-allowed")
    assert wrong.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError(SECRET_WORDS), (500, "internal-error")),
        (SignoffError(SECRET_WORDS), (500, "internal-error")),
        (UnreachableError("nobody answered"), (503, "unreachable")),
    ],
)
async def test_an_error_of_ours_tells_no_internals(
    http: httpx2.AsyncClient, broken: BrokenJobs, store: TokenStore, error: Exception, expected: tuple[int, str]
) -> None:
    broken.error = error
    answer = await http.get("/v1/jobs/any", headers=headers(store))
    assert kind(answer) == expected
    assert SECRET_WORDS not in answer.text
    assert ("retry-after" in answer.headers) == (expected[0] == 503)


def test_a_submission_takes_what_a_request_takes_but_the_requester_may_be_left_out() -> None:
    ours, theirs = JobSubmission.model_fields, JobRequest.model_fields
    assert set(ours) == set(theirs)
    for name in set(ours) - {"requester"}:
        assert (ours[name].annotation, ours[name].metadata) == (theirs[name].annotation, theirs[name].metadata)
        assert ours[name].get_default(call_default_factory=True) == theirs[name].get_default(call_default_factory=True)


async def test_a_job_that_is_not_there_can_not_be_told_from_a_hidden_one_by_its_id(callers: Callers) -> None:
    assert kind(await callers.get("newsroom", "/v1/jobs/nobody")) == (404, "no-such-job")
    assert kind(await callers.get("newsroom", "/v1/jobs/no body")) == (422, "invalid-fields")


async def test_the_gateway_works_without_any_worker(real_env: WorkflowEnvironment, store: TokenStore) -> None:
    jobs = JobClient(real_env.client, open_archive("memory:"))
    transport = httpx2.ASGITransport(create_app(GatewayParts(jobs=jobs, tokens=store)))
    valid = headers(store, Role.REQUESTER)
    async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
        body = {"job_id": "brief-1", "response": {"model": "a-model", "input": "a question"}}
        assert (await client.post("/v1/jobs", json=body, headers=valid)).status_code == 202
        page = await client.get("/v1/jobs", params={"limit": 1}, headers=valid)
        assert page.status_code == 200


async def test_a_missing_key_is_named_and_is_no_fault_of_the_token(
    real_env: WorkflowEnvironment, tmp_path: Path
) -> None:
    config = real_env.client.config() | {"data_converter": data_converter(KeyRing.parse([new_entry("k1")]))}
    await JobClient(Client(**config), open_archive("memory:")).submit(a_request(job_id="sealed"))
    keyless = real_env.client.config() | {"data_converter": data_converter()}
    async with callers_of(JobClient(Client(**keyless), open_archive("memory:")), tmp_path) as callers:
        answer = await callers.get("ops", "/v1/jobs/sealed")
    assert answer.status_code == 503
    assert "the key k1, which SIGNOFF_ENCRYPTION_KEYS lacks" in answer.json()["detail"]
