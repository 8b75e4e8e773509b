"""What every place has in common to which an approved deliverable may go."""

from typing import ClassVar

from signoff.domain.model import Input


class Destination(Input):
    """Where a deliverable goes.

    `is_repeatable` says that handing it over once more has no second effect, since the destination knows a repeat by
    its key, its name or its bytes. Where it is not, a delivery whose outcome is unknown stops for a person.
    """

    is_repeatable: ClassVar[bool] = True

    @property
    def told(self) -> str:
        """Say in words where it goes."""
        raise NotImplementedError
