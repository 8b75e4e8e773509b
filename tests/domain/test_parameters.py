"""The parameters of a create: what a request may not set, and what the product adds."""

from typing import Any

import pytest

from signoff.domain.parameters import evidence_includes, for_attempt, refusals


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"background": True}, "response.background: every job runs in the background; leave it out"),
        ({"background": False}, "response.background: every job runs in the background; leave it out"),
        ({"store": True}, "response.store: a job's response is always stored, or its result could be lost"),
        ({"stream": False}, "response.stream: a stream dies with its reader; a job is followed instead"),
        ({"stream_options": None}, "response.stream_options: a stream dies with its reader"),
        ({"metadata": {"signoff_job_id": "x"}}, "response.metadata.signoff_job_id: keys that begin with signoff_"),
        ({"metadata": {"signoff_": "x"}}, "response.metadata.signoff_: keys that begin with signoff_"),
        ({"metadata": ["x"]}, "response.metadata: must be an object of texts"),
        ({"metadata": "x"}, "response.metadata: must be an object of texts"),
        ({"include": 5}, "response.include: must be a list of texts"),
        ({"include": "x"}, "response.include: must be a list of texts"),
        ({"include": [5]}, "response.include: must be a list of texts"),
        ({"tools": {}}, "response.tools: must be a list of objects"),
        ({"tools": ["web_search"]}, "response.tools: must be a list of objects"),
    ],
)
def test_what_a_request_may_not_set_is_named_with_the_reason(parameters: dict[str, Any], told: str) -> None:
    [sentence] = refusals({"model": "a-model", **parameters})
    assert sentence.startswith(told)


def test_every_refusal_is_told_at_once() -> None:
    assert len(refusals({"background": True, "store": True, "stream": True, "metadata": {"signoff_x": "1"}})) == 4


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"metadata": None, "include": None, "tools": None},
        {"metadata": {"topic": "x", "my_signoff_x": "y"}},
        {"include": ["file_search_call.results"], "tools": [{"type": "web_search"}]},
        {"service_tier": "flex", "conversation": "conv_1"},
    ],
)
def test_everything_else_is_the_requesters(parameters: dict[str, Any]) -> None:
    assert refusals(parameters) == []


@pytest.mark.parametrize(("pairs", "refused"), [(13, 0), (14, 1)])
def test_three_of_the_sixteen_metadata_pairs_are_the_products(pairs: int, refused: int) -> None:
    told = refusals({"metadata": {f"key{n}": "x" for n in range(pairs)}})
    assert told == ["response.metadata: 14 pairs, at most 13 are left to a request"] * refused


def test_an_attempt_is_a_stored_background_response_that_names_its_job() -> None:
    parameters = {"model": "a-model", "input": "a question", "metadata": {"topic": "x"}}
    assert for_attempt(parameters, job_id="a-job", attempt=2) == {
        "model": "a-model",
        "input": "a question",
        "background": True,
        "store": True,
        "metadata": {"topic": "x", "signoff_job_id": "a-job", "signoff_attempt": "2"},
    }


@pytest.mark.parametrize("metadata", [None, {}])
def test_an_attempt_is_named_without_metadata_of_the_requester(metadata: object) -> None:
    complete = for_attempt({"model": "a-model", "metadata": metadata}, job_id="a-job", attempt=1)
    assert complete["metadata"] == {"signoff_job_id": "a-job", "signoff_attempt": "1"}


def test_completing_an_attempt_leaves_the_request_as_it_was() -> None:
    parameters: dict[str, Any] = {"metadata": {"topic": "x"}, "include": ["a"], "tools": [{"type": "web_search"}]}
    for_attempt(parameters, job_id="a-job", attempt=1)
    assert parameters == {"metadata": {"topic": "x"}, "include": ["a"], "tools": [{"type": "web_search"}]}


@pytest.mark.parametrize(
    ("tools", "include", "expected"),
    [
        ([], None, []),
        (["file_search"], None, ["file_search_call.results"]),
        (["web_search"], None, ["web_search_call.action.sources"]),
        (["web_search_preview"], None, ["web_search_call.action.sources"]),
        (["web_search_2025_08_26"], None, ["web_search_call.action.sources"]),
        (["code_interpreter"], None, ["code_interpreter_call.outputs"]),
        (["function", "mcp", "web_searching"], None, []),
        (
            ["web_search", "file_search", "web_search"],
            None,
            ["web_search_call.action.sources", "file_search_call.results"],
        ),
        (["file_search"], ["reasoning.encrypted_content"], ["reasoning.encrypted_content", "file_search_call.results"]),
        (["file_search"], ["file_search_call.results"], ["file_search_call.results"]),
    ],
)
def test_the_evidence_of_each_tool_is_asked_for_once(
    tools: list[str], include: list[str] | None, expected: list[str]
) -> None:
    parameters = {"tools": [{"type": kind} for kind in tools], "include": include}
    assert evidence_includes(parameters) == expected
    if expected:
        assert for_attempt(parameters, job_id="a-job", attempt=1)["include"] == expected


def test_a_tool_without_a_type_is_left_to_openai() -> None:
    assert evidence_includes({"tools": [{}, {"type": None}, {"type": 5}]}) == []
