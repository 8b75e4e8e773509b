"""Where a job delivers to: one destination, or several, each of which has to take the same approved bytes."""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, Discriminator, Field, Tag

from signoff.domain.delivery import DeliverySpec

MOST: Final = 10
"""How many destinations one job may have."""

FORMS: Final = frozenset({"(one)", "(several)"})
"""The two forms, as validation errors name them beside the fields; no person wrote these words."""


def _form(value: Any) -> str:  # noqa: ANN401  whatever a person wrote
    return "(several)" if isinstance(value, list | tuple) else "(one)"


def _check_several(several: DeliverySpec | tuple[DeliverySpec, ...]) -> DeliverySpec | tuple[DeliverySpec, ...]:
    """Refuse what could not be told apart. A list of one is that one, so that both are the same request."""
    if not isinstance(several, tuple):
        return several
    if not several:
        msg = "name a destination; without any, leave the field out"
        raise ValueError(msg)
    for number, destination in enumerate(several, 1):
        if destination in several[: number - 1]:
            msg = f"destinations {several.index(destination) + 1} and {number} are the same; name each once"
            raise ValueError(msg)
    return several if len(several) > 1 else several[0]


Destinations = Annotated[
    Annotated[DeliverySpec, Tag("(one)")]
    | Annotated[tuple[DeliverySpec, ...], Field(max_length=MOST, json_schema_extra={"minItems": 1}), Tag("(several)")],
    Discriminator(_form),
    AfterValidator(_check_several),
]
"""One destination as an object, or up to ten as a list. They are numbered from 1, in this order."""


def listed(destinations: DeliverySpec | tuple[DeliverySpec, ...]) -> tuple[DeliverySpec, ...]:
    """Give the destinations in their order."""
    return destinations if isinstance(destinations, tuple) else (destinations,)
