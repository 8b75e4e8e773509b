"""The list of responses is there when the control says so, as compatible servers have it."""

from typing import Any

import httpx2
import pytest

from tests.simulator.driving import Clock, create, steer


async def _page(http: httpx2.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await http.get("/v1/responses", params=query)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def test_openai_has_no_list(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/v1/responses")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["error"]["code"] == "method_not_supported"


async def test_a_page_holds_whole_responses(http: httpx2.AsyncClient) -> None:
    await steer(http, listing=True)
    created = await create(http, metadata={"signoff_job_id": "j1"})
    assert await _page(http) == {
        "object": "list",
        "data": [created],
        "first_id": created["id"],
        "last_id": created["id"],
        "has_more": False,
    }


async def test_pages_follow_each_other(http: httpx2.AsyncClient) -> None:
    await steer(http, listing=True)
    ids = [(await create(http))["id"] for _ in range(5)]
    first = await _page(http, limit=2)
    second = await _page(http, limit=2, after=first["last_id"])
    third = await _page(http, limit=2, after=second["last_id"])
    pages = [[response["id"] for response in page["data"]] for page in (first, second, third)]
    assert pages == [ids[:2:-1], ids[2:0:-1], ids[:1]]
    assert [page["has_more"] for page in (first, second, third)] == [True, True, False]
    assert not (await _page(http, limit=1, after=ids[1]))["has_more"]
    oldest = await _page(http, limit=2, order="asc", after=ids[0])
    assert (oldest["first_id"], oldest["last_id"]) == (ids[1], ids[2])


async def test_an_empty_list_names_nobody(http: httpx2.AsyncClient) -> None:
    await steer(http, listing=True)
    page = await _page(http)
    assert (page["data"], page["first_id"], page["last_id"], page["has_more"]) == ([], None, None, False)


async def test_what_cannot_be_retrieved_is_not_listed(http: httpx2.AsyncClient, clock: Clock) -> None:
    await steer(http, listing=True)
    gone = await create(http, "vanishing after=5")
    late = await create(http, "lag after_create=30")
    deleted = await create(http)
    await http.delete(f"/v1/responses/{deleted['id']}")
    assert [response["id"] for response in (await _page(http))["data"]] == [gone["id"]]
    clock.pass_seconds(30)
    assert [response["id"] for response in (await _page(http))["data"]] == [late["id"]]


@pytest.mark.parametrize(
    ("query", "status", "param"),
    [
        ({"limit": "0"}, 400, "limit"),
        ({"limit": "101"}, 400, "limit"),
        ({"limit": "x"}, 400, "limit"),
        ({"order": "up"}, 400, "order"),
        ({"after": "resp_0"}, 404, None),
    ],
)
async def test_a_bad_query_is_refused(
    http: httpx2.AsyncClient, query: dict[str, str], status: int, param: str | None
) -> None:
    await steer(http, listing=True)
    answer = await http.get("/v1/responses", params=query)
    assert (answer.status_code, answer.json()["error"]["param"]) == (status, param)
