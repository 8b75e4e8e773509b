"""The parameters of `responses.create`: which ones belong to the product, and what it adds."""

from collections.abc import Mapping
from typing import Any, Final

from signoff.domain import names

OWNED: Final[dict[str, str]] = {
    "background": "every job runs in the background",
    "store": "a job's response is always stored, or its result could be lost",
    "stream": "a stream dies with its reader; a job is followed instead",
    "stream_options": "a stream dies with its reader; a job is followed instead",
}
"""Parameters that a request may not set, each with the reason."""

INLINE_LIMIT_BYTES: Final = 1_048_576
"""How large a request is that travels in a history; also how large an amendment or an edited text may be."""

REQUEST_LIMIT_BYTES: Final = 16 * 1_048_576
"""How large a request may be; one that is larger than inline lies in the archive, and the history refers to it."""

VALUES_LIMIT: Final = 100_000
"""How many JSON values a request may have that is not inline: a workflow reads it within its two seconds."""

METADATA_PAIRS: Final = 13
"""OpenAI takes 16 pairs; three say whose response it is: the job id, its run, and the attempt."""

_EVIDENCE: Final[dict[str, tuple[str, ...]]] = {
    "file_search": ("file_search_call.results",),
    "web_search": ("web_search_call.action.sources",),
    "code_interpreter": ("code_interpreter_call.outputs",),
}
"""What to ask OpenAI to include per tool, since evidence that is not asked for is not there at all."""


_LISTS: Final = (("include", str, "texts"), ("tools", Mapping, "objects"))
"""Parameters that the product itself reads, and what they must hold."""


def refusals(parameters: Mapping[str, Any]) -> list[str]:
    """List what a request may not ask for, each as a sentence that names the parameter."""
    found = [f"response.{name}: {why}; leave it out" for name, why in OWNED.items() if name in parameters]
    found += [
        f"response.{name}: must be a list of {members}"
        for name, kind, members in _LISTS
        if not _is_list_of(parameters.get(name), kind)
    ]
    metadata = parameters.get("metadata") or {}
    if not isinstance(metadata, Mapping):
        return [*found, "response.metadata: must be an object of texts"]
    found += [
        f"response.metadata.{key}: keys that begin with {names.METADATA_PREFIX} belong to the product"
        for key in metadata
        if str(key).startswith(names.METADATA_PREFIX)
    ]
    if len(metadata) > METADATA_PAIRS:
        found.append(f"response.metadata: {len(metadata)} pairs, at most {METADATA_PAIRS} are left to a request")
    return found


def for_attempt(parameters: Mapping[str, Any], *, job_id: str, attempt: int, run_id: str = "") -> dict[str, Any]:
    """Complete a request's parameters for one attempt.

    Adds what makes it a tracked background response, and what its evidence needs. `run_id` tells jobs of the same
    id apart that live in different environments, whose announcements may arrive at both.
    """
    metadata = dict(parameters.get("metadata") or {})
    metadata |= {names.METADATA_JOB_ID: job_id, names.METADATA_ATTEMPT: str(attempt)}
    if run_id:
        metadata[names.METADATA_RUN_ID] = run_id
    complete = {**parameters, "background": True, "store": True, "metadata": metadata}
    if include := evidence_includes(parameters):
        complete["include"] = include
    return complete


def evidence_includes(parameters: Mapping[str, Any]) -> list[str]:
    """List what to ask OpenAI to include, so that the evidence of the request's tools is in the response."""
    asked = list(parameters.get("include") or [])
    for tool in parameters.get("tools") or []:
        kind = str(tool.get("type", ""))
        for prefix, paths in _EVIDENCE.items():
            if kind == prefix or kind.startswith(f"{prefix}_"):
                asked += [path for path in paths if path not in asked]
    return asked


def _is_list_of(value: object, kind: type) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(member, kind) for member in value))


def has_more_values(value: object, limit: int) -> bool:
    """Whether a JSON value is made of more values than that, itself among them."""
    waiting, count = [value], 0
    while waiting and count <= limit:
        one = waiting.pop()
        count += 1
        if isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return count > limit or count + len(waiting) > limit
