"""Why a job stopped, who has to act and how, said as to a colleague."""

from typing import Final

from signoff.domain.failures import POSSIBLY_SENT, Failure, FailureClass, Stage
from signoff.domain.policies import POLICIES
from signoff.domain.status import NextAction

_C = FailureClass

ACTIONS: Final[dict[NextAction, str]] = {
    NextAction.WAIT: "nothing to do but wait",
    NextAction.REVIEW: "look at what is held, then approve or edit it, ask for changes, or reject it",
    NextAction.AMEND_REQUEST: "say what the request should have been, and amend it",
    NextAction.FIX_CONFIGURATION: "mend the key, the permission, the model's name or the address, then retry",
    NextAction.RESTORE_QUOTA: "restore the quota or the spending limit, then retry",
    NextAction.INSPECT: "read the failure and decide: retry, amend, or give it up",
    NextAction.RETRY: "decide whether it is worth another go, which may cost another run",
    NextAction.RETRY_DELIVERY: "see to the destination, then retry; the approval stays",
    NextAction.NONE: "the job is closed",
}
"""What each next action asks for, where nothing more exact is known."""

FAILURES: Final[dict[FailureClass, str]] = {
    _C.TRANSIENT: "a fault that usually passes did not pass",
    _C.RATE_LIMITED: "too many requests were sent at once, for too long",
    _C.TIMEOUT: "it took longer than it may",
    _C.OUTCOME_UNKNOWN: "the answer was lost, so nobody knows whether it took effect",
    _C.QUOTA: "a quota or a spending limit is used up",
    _C.CONFIGURATION: "a key, permission, model name or address is wrong",
    _C.MALFORMED_INPUT: "what was sent was refused as wrong in itself",
    _C.POLICY: "a content policy forbids it",
    _C.REVIEW_REQUIRED: "a person must look at it before anything follows",
    _C.RESULT_LOST: "the response is gone, or somebody stopped it at OpenAI",
    _C.UNCLASSIFIED: "a fault of a kind that has no rule yet",
}

_STAGES: Final[dict[Stage, str]] = {
    Stage.CREATE: "when the response was to be created",
    Stage.LOOK: "when the response was looked at",
    Stage.FIND: "when a lost response was searched for",
    Stage.CANCEL: "when the response was to be stopped",
    Stage.DELIVER: "when the approved result was to be delivered",
    Stage.ARCHIVE: "when the archive was used",
    Stage.NOTIFY: "when people were to be told",
}

_HOW: Final[dict[FailureClass, str]] = {
    _C.TRANSIENT: "see whether the other side works again (OpenAI tells at https://status.openai.com), then retry",
    _C.RATE_LIMITED: "find out what else uses up this account's rate limit, or have it raised, then retry",
    _C.TIMEOUT: "decide whether another paid run is worth it. The same request may well take as long again; one that"
    " asks for less is likelier to end in time",
    _C.OUTCOME_UNKNOWN: "look for the response where OpenAI lists them (https://platform.openai.com/logs): its metadata"
    " signoff_job_id is this job's id. If it is there, announce it, and the job goes on"
    " with it instead of paying again. If not, retry",
    _C.QUOTA: "pay the bill or raise the limit that ran out, then retry. Before that, every retry ends like this one",
    _C.CONFIGURATION: "mend what the reason names: a key, a permission, a model's name, an address. If that changes the"
    " worker's environment, restart the worker. Then retry",
    _C.MALFORMED_INPUT: "say what the request should have been, and amend it. Unchanged, it is refused again",
    _C.POLICY: "read what was refused, and talk to the requester. Nothing is ever rephrased by itself: amend the"
    " request on purpose, or give the job up",
    _C.REVIEW_REQUIRED: "read what the reason says, and decide with the requester: amend the request, or give it up",
    _C.RESULT_LOST: "decide whether the result is worth another paid run, since this one can't be brought back",
    _C.UNCLASSIFIED: "read the reason and what came back, and decide. Looking again is free of charge, a new"
    " attempt is not",
}
"""What the person who acts does about a failure of each class."""

_AT_DELIVERY: Final[dict[FailureClass, str]] = {
    _C.TRANSIENT: "see whether the destination works again",
    _C.RATE_LIMITED: "have the destination take more, or wait until it does",
    _C.TIMEOUT: "see why the destination takes so long to answer",
    _C.OUTCOME_UNKNOWN: "see whether the destination works again, and whether it has the result already; it can tell by"
    " the idempotency key, so a repeat does no harm",
    _C.QUOTA: "have the destination's quota raised",
    _C.CONFIGURATION: "mend the destination's address or credentials, or the hosts that this deployment allows"
    " (SIGNOFF_DELIVERY_HOSTS, then restart the worker)",
    _C.MALFORMED_INPUT: "have the destination take the approved bytes as they are, since they can't be changed",
    _C.POLICY: "find out from whoever runs the destination what forbids it",
    _C.REVIEW_REQUIRED: "find out from whoever runs the destination what has to be looked at",
    _C.RESULT_LOST: "bring the approved bytes back into the archive from a copy",
    _C.UNCLASSIFIED: "find out from whoever runs the destination what its answer means",
}

_CODES: Final[dict[str, str]] = {
    "context_length_exceeded": "make the input shorter, choose a model with a longer context, or let OpenAI drop the"
    " oldest input (truncation=auto)",
    "max_output_tokens": "allow a longer answer, or ask for a shorter one",
    "content_filter": "the answer was cut by OpenAI's content filter. Talk to the requester: amend the request on"
    " purpose, or give the job up",
    "model_not_found": "name a model that this account may use, or have it opened for the account and retry",
    "previous_response_not_found": "take the reference to the earlier response out, or name one that still exists",
    "failed_to_download_image": "see whether the image can be fetched from outside, or name another one; then retry",
    "deadline": "it was stopped at the time limit of one attempt, which no repair changes. Decide whether another paid"
    " run is worth it; one that asks for less is likelier to end in time",
    POSSIBLY_SENT: "look there whether it arrived: in the mailbox by the header Signoff-Job-Id, in the chat by its"
    " text. If it did not, retry sends it once more. If it did, a retry would send a second one: abandon"
    " the job with that reason",
    "stuck_in_queue": "OpenAI never began to work on it. See https://status.openai.com, then decide whether to retry",
}
"""What a code says more exactly than its class."""


def how_to_act(failure_class: FailureClass | None, action: NextAction, code: str = "") -> str:
    """Say what the person who acts has to do."""
    if failure_class is None:
        return ACTIONS[action]
    if code == POSSIBLY_SENT:
        return _CODES[code]
    if action is NextAction.RETRY_DELIVERY:
        return f"{_AT_DELIVERY[failure_class]}. Then retry: the approval stays, and nothing is generated or paid again"
    if action is POLICIES[failure_class].next_action:
        return _CODES.get(code, _HOW[failure_class])
    return ACTIONS[action]


def what_failed(failure: Failure) -> str:
    """Say what failed in plain words, then in the product's."""
    code = f", code {failure.code}" if failure.code else ""
    where = _STAGES[failure.stage]
    return f"{FAILURES[failure.failure_class]}, {where} (class {failure.failure_class}{code})"
