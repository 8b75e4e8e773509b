"""The OpenAPI document, completed by what FastAPI can't know: problems, bodies read to the letter, tokens."""

from collections.abc import Callable
from typing import Any, Final

from fastapi import FastAPI
from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from signoff.gateway.bodies import BODY_REFERENCE
from signoff.gateway.models import (
    AbandonBody,
    AmendBody,
    ArrangementBody,
    CancelBody,
    DecisionBody,
    DelegationBody,
    EraseBody,
    ExtensionBody,
    JobSubmission,
    RedeliverBody,
    RetryBody,
)
from signoff.gateway.problems import MEDIA_TYPE, RETRY_AFTER_SECONDS, Problem

_REVIEWING: Final = (DecisionBody, ArrangementBody, DelegationBody, ExtensionBody)
_BODIES: Final = (JobSubmission, CancelBody, AbandonBody, RetryBody, RedeliverBody, AmendBody, EraseBody, *_REVIEWING)
_REFERENCE: Final = "#/components/schemas/{model}"

_ALWAYS: Final = (401, 500, 503)
_WORDS: Final = {
    400: "The call breaks a rule that its form does not show; nothing was started or changed.",
    401: "No token was sent, or it does not count.",
    403: "The token's roles do not allow this.",
    404: "There is no such job, or it is somebody else's.",
    409: "The job does not allow this now, or its id belongs to another request.",
    410: "It was there, and was removed for good: erased, or past its retention.",
    413: "The body is too large.",
    415: "The body is no `application/json`.",
    422: "The call has not the form that is described here; each field is named.",
    500: "Something went wrong in the gateway.",
    503: "Temporal, a worker or the archive does not answer; the detail says whether the call took effect.",
}
_TEXT: Final = {"type": "string"}
_HEADERS: Final[dict[int, dict[str, Any]]] = {
    401: {"WWW-Authenticate": {"schema": _TEXT, "required": True, "description": "`Bearer`"}},
    503: {"Retry-After": {"schema": _TEXT, "required": True, "description": f"{RETRY_AFTER_SECONDS} seconds"}},
}

LOCATION: Final = {"Location": {"schema": _TEXT, "required": True, "description": "Where the job is."}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the problems that a route may answer with, beside those of every route."""
    content = {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model=Problem.__name__)}}}
    return {
        status: {"description": _WORDS[status], "content": content, "headers": _HEADERS.get(status, {})}
        for status in sorted({*_ALWAYS, *statuses})
    }


def document_of(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """Make the function that gives an app its document."""
    drawn = app.openapi

    def complete() -> dict[str, Any]:
        document = drawn()
        components = document.setdefault("components", {})
        if "securitySchemes" not in components:
            components["schemas"] = {**components.get("schemas", {}), **_problem_schemas(), **_body_schemas()}
            components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            document["security"] = [{"token": []}]
        return document

    return complete


def _problem_schemas() -> dict[str, Any]:
    schema = TypeAdapter(Problem).json_schema(ref_template=_REFERENCE, mode="serialization")
    return {**schema.pop("$defs"), Problem.__name__: schema}


def _body_schemas() -> dict[str, Any]:
    _, schema = models_json_schema([(model, "validation") for model in _BODIES], ref_template=BODY_REFERENCE)
    return {f"{name}-Input": one for name, one in schema["$defs"].items()}
