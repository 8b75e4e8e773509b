"""Durable names: what running jobs, other SDKs and operators' queries refer to. Never change one."""

from typing import Final

WORKFLOW: Final = "BackgroundJob"
UPKEEP: Final = "Upkeep"
UPKEEP_ID: Final = "signoff-upkeep"
"""The id of the schedule, and how the ids of its workflows begin."""

TASK_QUEUE: Final = "signoff"
LOOK_TASK_QUEUE: Final = "signoff-looks"

CREATE_RESPONSE: Final = "create_response"
LOOK_AT_RESPONSE: Final = "look_at_response"
LOOK_WHEN_ANNOUNCED: Final = "look_when_announced"
FIND_RESPONSE: Final = "find_response"
IDENTIFY_RESPONSE: Final = "identify_response"
SETTLE_STRAY: Final = "settle_stray"
RECORD_STRAY: Final = "record_stray"
RECORD_REFUSAL: Final = "record_refusal"
ERASE_JOB: Final = "erase_job"
SWEEP_ARCHIVE: Final = "sweep_archive"
COMPACT_INDEX: Final = "compact_index"
ROUTE_ANNOUNCEMENT: Final = "route_announcement"
CANCEL_RESPONSE: Final = "cancel_response"
EXAMINE: Final = "examine"
DELIVER: Final = "deliver"
PREPARE_DELIVERY: Final = "prepare_delivery"
EXAMINE_REDIRECT: Final = "examine_redirect"
ARCHIVE_RECORD: Final = "archive_record"
NOTIFY: Final = "notify"
LOOK_ID: Final = "look"
"""The activity id of the looks on schedule, so that `temporal activity reset --activity-id look` means "look now"."""
NEW_HISTORY: Final = "new-history"
"""The patch since which jobs go on in a new history when their last one grew long."""

DELIVERY_ID: Final = "delivery-"
"""How the activity ids of deliveries begin, which their numbers follow; the first one of a job has an id of Temporal's.

With such an id, `temporal activity reset --activity-id delivery-2` means "try it now".
"""

DECIDE: Final = "decide"
APPROVE: Final = "approve"
REJECT: Final = "reject"
REQUEST_CHANGES: Final = "request_changes"
APPROVE_EDITED: Final = "approve_edited"
CLAIM: Final = "claim"
RELEASE: Final = "release"
DELEGATE: Final = "delegate"
EXTEND: Final = "extend"
RETRY: Final = "retry"
AMEND: Final = "amend"
ABANDON: Final = "abandon"
REDELIVER: Final = "redeliver"
ANNOUNCE: Final = "announce"
RECORD: Final = "record"

JOB_STATUS: Final = "JobStatus"
NEXT_ACTION: Final = "NextAction"
RESPONSE_ID: Final = "ResponseId"
REQUESTER: Final = "Requester"
FAILURE_CLASS: Final = "FailureClass"
REVIEW_DUE: Final = "ReviewDue"
REVIEWERS: Final = "Reviewers"
LABELS: Final = "Labels"
SEARCH_ATTRIBUTES: Final = {
    JOB_STATUS: "Keyword",
    NEXT_ACTION: "Keyword",
    FAILURE_CLASS: "Keyword",
    RESPONSE_ID: "Keyword",
    REQUESTER: "Keyword",
    REVIEW_DUE: "Datetime",
    REVIEWERS: "KeywordList",
    LABELS: "KeywordList",
}
"""The search attributes with their types, as the `temporal` command spells them."""

ANYBODY: Final = "*"
"""What `Reviewers` holds where anybody may decide."""

REVIEW_MEMO: Final = "review"
"""The memo that tells lists of a held draft what no search attribute does: its findings, and who is on it."""

UNREADABLE: Final = "UnreadableError"
"""The type of the failure of a worker that lacks the key to what it was given; it has done nothing then."""

UNRETRIEVED: Final = "PayloadError"
"""The type of the failure of a worker that could not get what it was given from the archive; it has done nothing."""

NO_ARCHIVE: Final = "NoArchiveError"
"""The type of the failure of somebody else's activity that was to read a large deliverable and has no archive."""

METADATA_JOB_ID: Final = "signoff_job_id"
METADATA_ATTEMPT: Final = "signoff_attempt"
METADATA_RUN_ID: Final = "signoff_run_id"
METADATA_PREFIX: Final = "signoff_"


def delivery_in(activity_id: str, activity_type: str) -> int:
    """Say which delivery an activity hands over; 0 for none."""
    number = activity_id.removeprefix(DELIVERY_ID)
    if activity_id != number and number.isdecimal():
        return int(number)
    return 1 if activity_type == DELIVER else 0
