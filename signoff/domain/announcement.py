"""A hint that a response exists or has ended. It is looked at, and never believed."""

from typing import Annotated, Final

from pydantic import StringConstraints

from signoff.domain.model import Input, Value

ANNOUNCEMENTS_KEPT: Final = 100
"""How many different responses may be announced to one job; a job that is sent more knows no use for them."""

ResponseId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$")]


AnnouncementId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{0,255}$")]


class Announcement(Input):
    """Names a response. One with the same id any number of times has the effect of one.

    `announcement_id` is the webhook's own id; empty for one that a person sends.
    """

    response_id: ResponseId
    announcement_id: AnnouncementId = ""


class StrayHint(Value):
    """Says that a response may belong to a job, to this run of it where the response names one."""

    job_id: str
    response_id: ResponseId
    run_id: str = ""
    announcement_id: str = ""
