"""The keys that every scenario has beside its own."""

from dataclasses import replace
from typing import Annotated, Final

from signoff.simulator.answers import bad_answer
from signoff.simulator.events import FAULTS
from signoff.simulator.kinds import Kind, Looks, Seconds, one_of
from signoff.simulator.script import Ending, Interrupt, Interruption, Json, Run, Script, Visit

_CANCELS: Final = ("400", "200", "409")


def with_common_keys(  # noqa: PLR0913 -- each argument is a key of every scenario
    script: Script,
    *,
    looks: Looks = (),
    cancel: Annotated[int, Kind(" or ".join(_CANCELS), lambda text: int(one_of(*_CANCELS).read(text)))] = 400,
    usage: Annotated[str, one_of("counted", "none")] = "counted",
    webhook: Annotated[str, one_of(*FAULTS)] = "",
    webhook_delay: Seconds = 0.0,
) -> Script:
    """Return the script with what these keys change.

    Args:
        script: What the scenario does without them.
        looks: What each of the first looks at the response is answered with.
        cancel: How a cancel is answered that comes after the end.
        usage: `none` shows usage as null, where there would be one.
        webhook: What goes wrong with the webhook of its end.
        webhook_delay: How many seconds after the end it comes.
    """
    later = script.later and with_common_keys(
        script.later, looks=looks, cancel=cancel, usage=usage, webhook=webhook, webhook_delay=webhook_delay
    )
    return replace(
        script,
        ending=_without_usage(script.ending) if usage == "none" else script.ending,
        interrupt=_with_looks(script.interrupt, looks) if looks else script.interrupt,
        late_cancel=cancel,
        webhook=webhook,
        webhook_delay=webhook_delay,
        later=later,
    )


def _without_usage(ending: Ending) -> Ending:
    def without(run: Run) -> Json:
        body = ending(run)
        return body | {"usage": None} if "usage" in body else body

    return without


def _with_looks(interrupt: Interrupt, looks: tuple[str, ...]) -> Interrupt:
    def with_looks(visit: Visit) -> Interruption | None:
        if visit.operation == "retrieve" and visit.nth <= len(looks) and looks[visit.nth - 1] != "ok":
            return Interruption(bad_answer(looks[visit.nth - 1], visit))
        return interrupt(visit)

    return with_looks
