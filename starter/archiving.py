"""What an operator types about the archive's index of closed jobs: archive compact, reindex."""
# ruff: noqa: PLC0415  the archive and pydantic load when a command needs them, so that help is quick

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from starter.options import AsJson

if TYPE_CHECKING:
    from signoff.closed.reindexing import Reindexed
    from signoff.ports import Archive

T = TypeVar("T")
_EVERY = 1_000


def compact(*, as_json: AsJson = False) -> None:
    """Merge the index of closed jobs into one object per day, which keeps lists quick.

    Today is left out. It may be interrupted, repeated, and run beside the workers; run it once a day. Exit code 1 where
    a part of the index could not be read: that is left as it is.
    """
    from datetime import UTC, datetime

    from signoff.closed import compacting
    from signoff.domain.model import counted
    from starter.screen import say, say_json

    done = _on_archive(lambda archive: compacting.compact(archive, datetime.now(UTC)))
    if as_json:
        say_json(done.model_dump(mode="json"))
    else:
        told = "nothing to compact: each past day is one object"
        if done.days:
            merged = f"{counted(done.days, 'day')} compacted with {counted(done.jobs, 'job')}"
            told = f"{merged}; {counted(done.removed, 'object')} removed"
        say(told, *(f"{day} is left for the next time: another compaction was at work" for day in done.days_left))
    _report(done.unreadable)


def reindex(
    *,
    after: Annotated[
        str, typer.Option(metavar="JOB", help="Go on after this job, as an interrupted run told it.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Build the index of closed jobs anew from their records.

    For an archive from before there was an index, or where a part of it was lost. Nothing is removed. It may be
    interrupted and repeated. Exit code 1 where records could not be read.
    """
    from signoff.closed import reindexing
    from signoff.domain.model import counted
    from starter.advice import typed
    from starter.screen import say, say_json

    progress = _Progress()
    try:
        done = _on_archive(lambda archive: reindexing.reindex(archive, after, progress.see))
    except KeyboardInterrupt:
        progress.told_where_to_go_on()
        raise
    if as_json:
        say_json(done.model_dump(mode="json"))
    else:
        others = f"; {counted(done.without_record, 'other')} left no record: open, or ended in Temporal from outside"
        say(f"{counted(done.written, 'job')} indexed{others if done.without_record else ''}")
        say("next, type", f"  {typed('archive', 'compact')}")
    _report(done.unreadable)


class _Progress:
    """Tells how far a reindexing is, and where to go on when it is interrupted."""

    def __init__(self) -> None:
        self._told = 0
        self._last = ""

    def see(self, done: "Reindexed") -> None:
        """Tell it now and then."""
        from starter.screen import say

        self._last = done.last
        if done.seen - self._told >= _EVERY:
            self._told = done.seen
            say(f"{done.seen:,} of {done.jobs:,} jobs, up to {done.last}", to_stderr=True)

    def told_where_to_go_on(self) -> None:
        """Say what to type to go on."""
        from starter.advice import typed
        from starter.screen import complain

        if self._last:
            complain(f"interrupted; go on with: {typed('archive', 'reindex', '--after', self._last)}")


archive = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
_EXAMPLES: dict[str, tuple[Callable[..., None], str]] = {
    "compact": (compact, "archive compact"),
    "reindex": (reindex, "archive reindex"),
}
for _name, (_command, _example) in _EXAMPLES.items():
    archive.command(_name, epilog=f"Example: signoff {_example}")(_command)


@archive.callback()
def _archive() -> None:
    """Keep the archive's index of closed jobs, which `list --closed` searches."""


def _on_archive(act: "Callable[[Archive], Awaitable[T]]") -> T:
    """Do something with the archive that the settings name.

    Raises:
        UnreachableError: It did not answer, or is encrypted with a key that is not there.
    """
    from signoff.domain.errors import FaultError, UnreachableError
    from signoff.keeping import archive_of
    from signoff.settings import load_settings

    async def acted() -> T:
        opened = archive_of(load_settings())
        try:
            return await act(opened)
        except FaultError as error:
            raise UnreachableError(f"{opened} failed: {error}; a repeat is safe and goes on") from error

    return asyncio.run(acted())


def _report(unreadable: tuple[str, ...]) -> None:
    from starter.screen import say

    if unreadable:
        say(*unreadable, to_stderr=True)
        raise typer.Exit(1)
