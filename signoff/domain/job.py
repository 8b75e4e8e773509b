"""What a requester submits, and the bounds that every field has."""

import difflib
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Self

from pydantic import (
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from signoff.domain.arrangement import Arrangement
from signoff.domain.budget import Budget
from signoff.domain.decision import Decision
from signoff.domain.deliverable import canonical_json, digest_of
from signoff.domain.delivery import DeliverySpec, File, Http, Release
from signoff.domain.deployment import SOONEST, AttemptLimit, ClassOverride, DeploymentPolicy, JobPolicy, Limits
from signoff.domain.destinations import FORMS, Destinations, listed
from signoff.domain.errors import BadRequestError
from signoff.domain.failures import TEXT_LIMIT_BYTES
from signoff.domain.model import Input, Line, Name, clipped
from signoff.domain.parameters import (
    INLINE_LIMIT_BYTES,
    REQUEST_LIMIT_BYTES,
    VALUES_LIMIT,
    has_more_values,
    refusals,
)
from signoff.domain.prices import ModelPrices, PriceTable
from signoff.domain.repair import Repair
from signoff.domain.review import ReviewPolicy
from signoff.domain.schedule import WaitMode

_JOB_ID: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"
JOB_ID_RULE: Final = "up to 128 letters, digits, dots, dashes and underscores, the first a letter or digit"
JobId = Annotated[str, StringConstraints(pattern=_JOB_ID)]
"""A job id, which is also the workflow id and a folder name in the archive."""

_FEW_VALUES: Final = (
    f"which a request of more than {INLINE_LIMIT_BYTES:,} bytes can't have; put them into texts or files"
)

LabelKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,62}$")]


class JobRequest(Input):
    """One background response to make, have reviewed and deliver.

    `response` takes every parameter of OpenAI's `responses.create`, except those that the product sets itself
    (`background`, `store`, `stream`, and `metadata` keys that begin with `signoff_`). `deadline` bounds one
    attempt at a response; without it, it follows the completion window. `delivery` is one destination, or a list.
    """

    job_id: JobId | None = None
    title: Line = ""
    requester: Name
    labels: dict[LabelKey, Line] = Field(default_factory=dict, max_length=20)
    response: dict[str, JsonValue]
    review: ReviewPolicy = ReviewPolicy()
    delivery: Destinations = Release()
    deadline: AttemptLimit | None = None
    wait: WaitMode = WaitMode.AUTO
    policy: JobPolicy = JobPolicy()

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = refusals(self.response)
        if not self.response.get("model") and not self.response.get("prompt"):
            problems.append("response.model: name the model (or a stored prompt)")
        if problem := self.review.impossible_for(self.requester):
            problems.append(f"review.approvals: {problem}")
        problems += self._size_problems()
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _size_problems(self) -> list[str]:
        """Bound the request, and fail as well where it has no canonical form. The cheap questions come first."""
        size = self.size_bytes
        if size <= REQUEST_LIMIT_BYTES:
            if size > INLINE_LIMIT_BYTES and has_more_values(self.response, VALUES_LIMIT):
                return [f"response: more than {VALUES_LIMIT:,} JSON values, {_FEW_VALUES}"]
            size = len(canonical_json(self.model_dump(mode="json")))
        if size > REQUEST_LIMIT_BYTES:
            return [f"the request has {size:,} bytes, at most {REQUEST_LIMIT_BYTES:,} are taken"]
        return []

    @property
    def size_bytes(self) -> int:
        """How large the request is as JSON; 0 where no JSON in UTF-8 can hold it."""
        try:
            return len(self.__pydantic_serializer__.to_json(self))
        except ValueError:
            return 0

    @property
    def digest(self) -> str:
        """Identify what was asked for, whatever the job is called.

        Fields that have their default do not count, so that a later version with more fields agrees.
        """
        asked = self.model_dump(mode="json", exclude={"job_id"}, exclude_defaults=True)
        if "delivery" in asked:
            told = asked["delivery"] if isinstance(self.delivery, tuple) else [asked["delivery"]]
            for one, destination in zip(told, self.destinations, strict=True):
                one["channel"] = destination.channel
        return digest_of(canonical_json(asked))

    @property
    def destinations(self) -> tuple[DeliverySpec, ...]:
        """Where the approved result goes, numbered from 1 in this order."""
        return listed(self.delivery)

    @property
    def completion_window(self) -> str:
        """The completion window that was asked for; `soonest` where none was."""
        options = self.response.get("background_options")
        window = options.get("completion_window") if isinstance(options, dict) else None
        return str(window or SOONEST)


def labels_of(labels: Mapping[str, str]) -> list[str]:
    """Write labels as they are searched for: `key=value`."""
    return sorted(f"{key}={value}" for key, value in labels.items())


def is_job_id(text: str) -> bool:
    """Whether a text can be the id of a job."""
    return re.fullmatch(_JOB_ID, text) is not None


def parse_request(data: Any) -> JobRequest:  # noqa: ANN401  whatever a person wrote
    """Read a request from JSON data.

    Raises:
        BadRequestError: Names each field and the rule that it breaks.
    """
    try:
        return JobRequest.model_validate(data)
    except ValidationError as error:
        raise BadRequestError(explain(error)) from None


def explain(error: ValidationError) -> str:
    """Say in one line of at most 2 kB which fields break which rules, without repeating their content."""
    told = "; ".join(_explain_one(one) for one in error.errors(include_input=False, include_url=False))
    return clipped(told, limit_bytes=TEXT_LIMIT_BYTES)


def _explain_one(one: ErrorDetails) -> str:
    where = ".".join(str(part) for part in one["loc"] if part not in FORMS)
    match one["type"]:
        case "missing":
            what = "is required"
        case "extra_forbidden":
            what = "there is no such field" + _nearest(str(one["loc"][-1]))
        case _:
            what = one["msg"].removeprefix("Value error, ")
    return f"{where}: {what}" if where else what


_NAMED: Final = (
    JobRequest,
    ReviewPolicy,
    File,
    Http,
    Decision,
    Arrangement,
    Repair,
    DeploymentPolicy,
    JobPolicy,
    ClassOverride,
    Budget,
    Limits,
    PriceTable,
    ModelPrices,
)
"""Whose fields a typo may have meant."""


def _nearest(name: str) -> str:
    known = {field for model in _NAMED for field in model.model_fields}
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
