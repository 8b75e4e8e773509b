"""What is shown of keys: who lies under which, what a rotation did, and which keys are needed no more."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from signoff.adapters.rotation import Tally, Turn
from signoff.domain.model import counted
from signoff.encryption import KeyRing, is_key_id
from starter.lines import part
from starter.plain import moment, one_line
from starter.rotating import Rotated
from starter.table import columns

_LISTED_LIMIT = 50


class Verdict(NamedTuple):
    """Whether a key may be taken out of the settings; `None` where that is not known. `why` is a part of a sentence."""

    key_id: str
    may_go: bool | None
    why: str


def keys_document(ring: KeyRing, tally: Tally | None) -> dict[str, Any]:
    """Give the keys as one document, with the objects under each where they were counted."""
    document: dict[str, Any] = {"keys": [{"id": key_id, "encrypts": key_id == ring.ids[0]} for key_id in ring.ids]}
    if tally is not None:
        document["archive"] = {
            "plain": tally.under[""],
            "by_key": {_named(key_id): count for key_id, count in sorted(tally.under.items()) if key_id},
            "unreadable": _unreadable(tally),
        }
    return document


def key_lines(ring: KeyRing, tally: Tally | None) -> Iterator[str]:
    """Show one line per key, also for those that are missing here."""
    if not ring:
        yield "no key is set (SIGNOFF_ENCRYPTION_KEYS), so nothing is encrypted; `signoff keys new` makes one"
    if tally is None:
        yield from columns(["ID", "USE"], [[key_id, _use(ring, key_id)] for key_id in ring.ids]) if ring else ()
        return
    known = [*ring.ids, *sorted(key_id for key_id in tally.under if key_id and key_id not in ring.ids)]
    rows = [[_named(key_id), _use(ring, key_id), str(tally.under[key_id])] for key_id in known]
    yield from columns(["ID", "USE", "OBJECTS"], [*rows, ["-", "not encrypted", str(tally.under[""])]])
    yield from _unreadable_lines(tally)


def rotation_document(done: Rotated) -> dict[str, Any]:
    """Give what a rotation did as one document."""
    turns, uses = done.tally.turns, done.histories
    return {
        "current_key": done.ring.ids[0],
        "dry_run": done.is_dry,
        "objects": {turn.value: turns[turn] for turn in Turn},
        "unreadable_objects": _unreadable(done.tally),
        "histories": None if done.silence else {"read": uses.read, "are_all": uses.are_all},
        "keys": [_key_document(done, verdict) for verdict in verdicts(done)],
    }


def rotation_lines(done: Rotated) -> Iterator[str]:
    """Show what a rotation did, what it left, and which keys are needed no more."""
    turns = done.tally.turns
    would = "would be " if done.is_dry else ""
    yield f"{counted(turns[Turn.REENCRYPTED], 'object')} {would}re-encrypted under {done.ring.ids[0]}"
    yield f"{counted(turns[Turn.CURRENT], 'object')} under it already"
    if turns[Turn.CHANGING]:
        yield f"{counted(turns[Turn.CHANGING], 'object')} written by others meanwhile, and left; repeat this command"
    yield from _unreadable_lines(done.tally)
    if done.silence:
        yield f"nothing is known of the histories: {done.silence}"
    elif not done.histories.are_all:
        yield f"only {done.histories.read} histories were read, so no key is called needless"
    signs = {True: "may be removed", False: "is needed", None: "may be needed"}
    yield from part("keys", (f"{one.key_id} {signs[one.may_go]}: {one.why}" for one in verdicts(done)))


def verdicts(done: Rotated) -> list[Verdict]:
    """Judge each key that is set here or that something lies under."""
    under = {key_id for key_id in (*done.tally.under, *done.histories.uses) if is_key_id(key_id)}
    return [_judged(done, key_id) for key_id in (*done.ring.ids, *sorted(under - set(done.ring.ids)))]


def _judged(done: Rotated, key_id: str) -> Verdict:
    if key_id == done.ring.ids[0]:
        return Verdict(key_id, may_go=False, why="it encrypts")
    if done.is_dry and done.tally.under[key_id]:
        return Verdict(key_id, may_go=False, why=f"{counted(done.tally.under[key_id], 'object')} of the archive")
    if not done.tally.is_complete:
        return Verdict(key_id, may_go=None, why="not every object of the archive is under the current key")
    if done.silence or not done.histories.are_all:
        return Verdict(key_id, may_go=None, why="not every history could be read")
    needs = list(_needs(done, key_id))
    if needs:
        return Verdict(key_id, may_go=False, why=", and ".join(needs))
    return Verdict(key_id, may_go=True, why="no object and no history is encrypted with it")


def _needs(done: Rotated, key_id: str) -> Iterator[str]:
    use = done.histories.of(key_id)
    if use.open_jobs and use.oldest_opened_at:
        oldest = f"the oldest is {one_line(use.oldest_open)} of {moment(use.oldest_opened_at)}"
        yield f"{counted(use.open_jobs, 'open job')} ({oldest}), each until it is closed and Temporal has forgotten it"
    if use.closed_jobs and use.needed_until:
        until = moment(use.needed_until)
        yield f"{counted(use.closed_jobs, 'closed job')}, which Temporal keeps until {until}"


def _key_document(done: Rotated, verdict: Verdict) -> dict[str, Any]:
    use = done.histories.of(verdict.key_id)
    return {
        "id": verdict.key_id,
        "is_set": verdict.key_id in done.ring.ids,
        "may_be_removed": verdict.may_go,
        "why": verdict.why,
        "objects_before": done.tally.under[verdict.key_id],
        "open_jobs": use.open_jobs,
        "oldest_open_job": use.oldest_open or None,
        "closed_jobs": use.closed_jobs,
        "needed_until": use.needed_until.isoformat() if use.needed_until else None,
    }


def _use(ring: KeyRing, key_id: str) -> str:
    if key_id not in ring.ids:
        return "missing here"
    return "encrypts and decrypts" if key_id == ring.ids[0] else "decrypts"


def _named(key_id: str) -> str:
    """Name a key; what stands in its place in a damaged object may be anything."""
    return key_id if is_key_id(key_id) else "(no id)"


def _unreadable(tally: Tally) -> list[dict[str, str]]:
    return [{"path": one.path, "reason": one.reason} for one in tally.unreadable]


def _unreadable_lines(tally: Tally) -> Iterator[str]:
    count = tally.turns[Turn.UNREADABLE]
    told = [one_line(one.reason) for one in tally.unreadable[:_LISTED_LIMIT]]
    more = [f"and {count - len(told)} more; --json names up to 1,000"] if count > len(told) else []
    yield from part(f"{counted(count, 'object')} could not be read, left as found", [*told, *more])
