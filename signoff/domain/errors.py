"""The errors that cross a port or reach a caller. Each says what to do; none is for branching on text."""

from signoff.domain.observation import Observation


class FaultError(Exception):
    """An adapter met a fault. It says what was seen; the classifier says what that means."""

    def __init__(self, seen: Observation) -> None:
        """Keep what was seen."""
        super().__init__(seen.message)
        self.seen = seen


class ErasedError(FaultError):
    """The content of the job was erased, so the archive takes none of it any more."""


class SignoffError(Exception):
    """Something that a caller of `JobClient` can act on. The message says how."""


class BadRequestError(SignoffError):
    """The request breaks a rule; nothing was started or changed."""


class NoSuchJobError(SignoffError):
    """Neither Temporal nor the archive knows the job."""


class ConflictError(SignoffError):
    """The job id belongs to another request."""


class RefusedError(SignoffError):
    """The job exists, but it does not allow this now."""


class GoneError(RefusedError):
    """What was asked for was there, and was removed for good: erased, or past its retention."""


class UnreachableError(SignoffError):
    """Temporal, a worker or the archive did not answer; the message says whether the call took effect."""


class UnansweredError(UnreachableError):
    """Temporal took a message to a job, and no worker answered it in time; it may still be applied."""


class DamagedError(UnreachableError):
    """The key that an object of the archive names does not open it: it was changed or moved, or the key is another."""


class SettingsError(Exception):
    """A setting that can't be used. The message names it and says what would be right."""


class UnreadableError(SettingsError):
    """Something is encrypted in a way that the keys at hand don't open. The message names the key, never shows it.

    Temporal hands the name of this class on as a failure's type (`signoff.domain.names.UNREADABLE`).

    Attributes:
        holds_no_content: Logs may repeat the message, since nothing in it was written by anybody.
    """

    holds_no_content = True

    def __init__(self, key_id: str, message: str, *, is_missing: bool) -> None:
        super().__init__(message)
        self.key_id = key_id
        self.is_missing = is_missing
