"""What stays in the record of a job whose content was erased, decided field by field.

Ids, times, statuses, digests, usage, and who did what stay: they prove what happened. Texts go, since each of them may
quote what was asked or answered. A field that is in neither list is emptied as well, and a test asks for a decision.
"""

from typing import Any, Final, TypeVar

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from signoff.domain import checks, delivery, mail
from signoff.domain.arrangement import ArrangementLine
from signoff.domain.attempt import Attempt, Stray
from signoff.domain.change import changed, explained
from signoff.domain.cost import Cost
from signoff.domain.decision import DecisionLine
from signoff.domain.deliverable import DeliverableRef
from signoff.domain.evidence import EvidenceRef
from signoff.domain.failures import Failure
from signoff.domain.handover import Delivery
from signoff.domain.observation import Finding
from signoff.domain.panel import House, Panel
from signoff.domain.record import JobRecord, TimelineEntry
from signoff.domain.removal import Erased, Removal
from signoff.domain.repair import Change, RepairLine
from signoff.domain.review import Review, ReviewPolicy
from signoff.domain.rework import Rework
from signoff.domain.usage import Usage

GONE: Final = "(erased)"
"""What stands in place of a text that every record has."""

M = TypeVar("M", bound=BaseModel)

STAYS: Final[dict[type[BaseModel], str]] = {
    JobRecord: "version job_id run_id requester request_digest destination status since next_action actor opened_at"
    " closed_at response_status generated_at attempts judged_from strays strays_omitted possibly_paid_twice repairs"
    " deliverable drafts review earlier_reviews rework is_noticed refusals_omitted receipt deliveries failure"
    " not_before adoption_due_at attention_due_at timeline removed erased",
    TimelineEntry: "at event status failure_class",
    Removal: "kind at objects",
    Erased: "at by reason",
    Attempt: "number started_at request_digest response_id is_adopted created_at response_status ended_at model usage"
    " looks tool_calls body_digest evidence findings failure cost",
    Stray: "response_id attempt found_at status usage model evidence cost",
    EvidenceRef: "digest steps citations unknown_items",
    Cost: "amount currency priced_as service_tier discount unpriced",
    Usage: "input_tokens output_tokens total_tokens cached_input_tokens cache_write_tokens reasoning_tokens",
    Finding: "kind",
    Failure: "stage failure_class code attempt at retry_after may_retry",
    RepairLine: "repair_id kind by digest at attempt changes is_accepted",
    Change: "parameter",
    DeliverableRef: "digest size_bytes attempt findings author replaces held_at",
    Review: "policy digest requester opened_at due_at lines panel house claimed_by claimed_at arrangements redirect"
    " reminded_at escalated_at",
    ReviewPolicy: "approvals reject_after reviewers delegates allow_self_approval window reminders escalate_after"
    " escalate_to rework_rounds",
    DecisionLine: "decision_id kind digest reviewer edited_digest redirect at is_accepted",
    ArrangementLine: "arrangement_id kind by to due_at at is_accepted",
    Panel: "is_open seats groups left",
    House: "groups is_attested is_noticed",
    Rework: "round previous_response_id by edited_digest digest is_standalone",
    # Where copies went is what whoever has to erase those as well needs to know.
    delivery.Release: "channel",
    delivery.File: "channel folder",
    delivery.Http: "channel url content signing_secret bearer_token",
    delivery.Object: "channel url",
    delivery.Activity: "channel name task_queue content timeout execution_timeout heartbeat_timeout",
    mail.Email: "channel to content via",
    mail.Chat: "channel to",
    delivery.Receipt: "channel destination reference digest at",
    Delivery: "number destination state since begun receipt failure",
}
"""The fields of each part of a record that are kept; parts that are kept are looked into."""

GOES: Final[dict[type[BaseModel], str]] = {
    JobRecord: "title labels reason abandoned",
    TimelineEntry: "text",
    Stray: "note",
    Finding: "message",
    Failure: "message evidence",
    RepairLine: "reason refusal",
    Change: "before after",
    ReviewPolicy: "checks",
    DecisionLine: "comment reason",
    ArrangementLine: "reason refusal",
    Rework: "comment",
    mail.Email: "subject",
    # Their patterns and schemas are the requester's own words.
    checks.SchemaCheck: "kind json_schema",
    checks.MinCitationsCheck: "kind at_least",
    checks.CitedSourcesCheck: "kind",
    checks.LengthCheck: "kind at_least at_most",
    checks.ForbiddenCheck: "kind patterns",
    checks.ActivityCheck: "kind name task_queue timeout",
}
"""The fields that are emptied."""


def scrubbed(record: JobRecord, erased: Erased) -> JobRecord:
    """Take all content out of a record, and say in it who had that done. A second time changes nothing."""
    return explained(changed(_without_texts(record), erased=erased), str(erased))


def _without_texts(value: M) -> M:
    kept = STAYS.get(type(value), "").split()
    fields = type(value).model_fields.items()
    told = {name: (getattr(value, name), field) for name, field in fields}
    return value.model_copy(
        update={
            name: _looked_into(content) if name in kept else _emptied(content, field)
            for name, (content, field) in told.items()
        }
    )


def _looked_into(value: Any) -> Any:  # noqa: ANN401  any field's value
    match value:
        case BaseModel():
            return _without_texts(value)
        case tuple():
            return tuple(map(_looked_into, value))
        case dict():
            return {key: _looked_into(one) for key, one in value.items()}
    return value


def _emptied(value: Any, field: FieldInfo) -> Any:  # noqa: ANN401  any field's value
    if not field.is_required():
        return field.get_default(call_default_factory=True)
    return GONE if isinstance(value, str) else value
