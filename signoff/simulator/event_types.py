"""The types of webhooks that an endpoint can ask for, and a sample of each."""

import secrets
from typing import Final

from signoff.simulator.script import Json

# Each family, what the ids of its objects begin with, and what can happen to them.
_FAMILIES: Final = (
    ("batch", "batch_", ("completed", "failed", "expired", "cancelled")),
    ("response", "resp_", ("completed", "failed", "cancelled", "incomplete")),
    ("eval.run", "evalrun_", ("succeeded", "failed", "canceled")),
    ("fine_tuning.job", "ftjob-", ("succeeded", "failed", "cancelled")),
    ("realtime.call", "rtc_", ("incoming",)),
    ("video", "video_", ("completed", "failed")),
    ("agent.environment", "env_", ("ready", "failed", "suspended", "expired")),
    ("agent.session", "sess_", ("created", "action_required", "in_progress", "idle", "failed")),
    ("safety.alert", "alert_", ("created",)),
)
_PREFIXES: Final = {f"{family}.{what}": prefix for family, prefix, all_of_it in _FAMILIES for what in all_of_it}
EVENT_TYPES: Final = tuple(_PREFIXES)


def sample_data(event_type: str) -> Json:
    """Return what an event of this type says, about an object that nobody has."""
    object_id = _PREFIXES[event_type] + secrets.token_hex(24)
    if event_type == "realtime.call.incoming":
        return {"call_id": object_id, "sip_headers": [{"name": "From", "value": "sip:sample@example.com"}]}
    if event_type == "agent.session.action_required":
        return {"id": object_id, "required_action": {"type": "mcp_approval_request"}}
    if event_type.startswith("agent.session."):
        return {"id": object_id, "environment_type": "none"}
    return {"id": object_id}
