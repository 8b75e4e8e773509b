"""Re-encrypting an archive: everything ends under the current key, and no write of others is undone."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from signoff.adapters.archive import PROBE, open_archive
from signoff.adapters.encrypted import EncryptedArchive, Protection
from signoff.adapters.rotation import TRIES, ReplaceableArchive, Rotation, Tally, Turn, inventory, objects_of
from signoff.domain import layout
from signoff.encryption import KeyRing, new_entry

OLD, NEW, OTHER = new_entry("old"), new_entry("new"), new_entry("other")
RING = KeyRing.parse([NEW, OLD])


@dataclass
class Busy:
    """An archive into which somebody writes right before an object is replaced, so many times."""

    inner: ReplaceableArchive
    writes: list[bytes | None] = field(default_factory=list)
    at_work: int = 0
    most_at_work: int = 0

    async def put(self, path: str, data: bytes) -> None:
        await self.inner.put(path, data)

    async def get(self, path: str) -> bytes | None:
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        await asyncio.sleep(0)
        self.at_work -= 1
        return await self.inner.get(path)

    async def delete(self, path: str) -> None:
        await self.inner.delete(path)

    def paths(self, folder: str, *, after: str = "") -> AsyncIterator[str]:
        return self.inner.paths(folder, after=after)

    async def folders(self, folder: str) -> list[str]:
        return await self.inner.folders(folder)

    async def replace(self, path: str, found: bytes, data: bytes) -> bool:
        if self.writes:
            written = self.writes.pop(0)
            await (self.inner.delete(path) if written is None else self.inner.put(path, written))
        return await self.inner.replace(path, found, data)


@pytest.fixture
def stored() -> Busy:
    return Busy(open_archive("memory:"))


async def under(stored: Busy, *entries: str, path: str = "jobs/a/record.json", data: bytes = b"content") -> None:
    """Write an object as a deployment with these keys does."""
    await EncryptedArchive(stored, KeyRing.parse(list(entries))).put(path, data)


async def rotated(stored: Busy, *, is_dry: bool = False) -> Tally:
    tally = Tally()
    await Rotation(EncryptedArchive(stored, RING), stored, is_dry=is_dry).run(tally)
    return tally


async def seen(stored: Busy, path: str = "jobs/a/record.json") -> tuple[Protection, bytes | None]:
    archive = EncryptedArchive(stored, RING)
    return archive.protection(await stored.get(path) or b"").protection, await archive.get(path)


@pytest.mark.parametrize(
    ("entries", "turn"), [((), Turn.REENCRYPTED), ((OLD,), Turn.REENCRYPTED), ((NEW, OLD), Turn.CURRENT)]
)
async def test_every_object_ends_under_the_current_key(stored: Busy, entries: tuple[str, ...], turn: Turn) -> None:
    await under(stored, *entries)
    tally = await rotated(stored)
    assert (tally.turns, tally.is_complete) == ({turn: 1}, True)
    assert await seen(stored) == (Protection.CURRENT, b"content")


async def test_a_repeat_changes_nothing(stored: Busy) -> None:
    for number in range(30):
        await under(stored, OLD, path=f"jobs/{number}/record.json")
    assert (await rotated(stored)).turns == {Turn.REENCRYPTED: 30}
    before = {path: await stored.get(path) async for path in stored.paths("")}
    assert (await rotated(stored)).turns == {Turn.CURRENT: 30}
    assert {path: await stored.get(path) async for path in stored.paths("")} == before


async def test_one_that_was_stopped_goes_on_with_what_is_left(stored: Busy) -> None:
    for number in range(20):
        await under(stored, OLD, path=f"jobs/{number}/record.json")
    tally = Tally()
    running = asyncio.ensure_future(Rotation(EncryptedArchive(stored, RING), stored).run(tally, at_once=1))
    while tally.seen < 5:  # noqa: ASYNC110  a tally sets no event
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait([running])
    done = (await rotated(stored)).turns
    assert done[Turn.CURRENT] >= 5
    assert done[Turn.CURRENT] + done[Turn.REENCRYPTED] == 20


async def test_a_dry_run_replaces_nothing(stored: Busy) -> None:
    await under(stored, OLD)
    assert (await rotated(stored, is_dry=True)).turns == {Turn.REENCRYPTED: 1}
    assert await seen(stored) == (Protection.OLD, b"content")


async def test_what_is_written_meanwhile_stays_and_has_its_turn(stored: Busy) -> None:
    await under(stored, OLD)
    stored.writes.append(b"written meanwhile")
    assert (await rotated(stored)).turns == {Turn.REENCRYPTED: 1}
    assert await seen(stored) == (Protection.CURRENT, b"written meanwhile")


async def test_what_never_stops_changing_is_left_for_another_run(stored: Busy) -> None:
    await under(stored, OLD)
    stored.writes.extend(f"version {number}".encode() for number in range(TRIES))
    tally = await rotated(stored)
    assert (tally.turns, tally.is_complete) == ({Turn.CHANGING: 1}, False)
    assert await stored.get("jobs/a/record.json") == f"version {TRIES - 1}".encode()


async def test_what_is_erased_meanwhile_does_not_come_back(stored: Busy) -> None:
    await under(stored, OLD)
    stored.writes.append(None)
    assert (await rotated(stored)).turns == {Turn.GONE: 1}
    assert await stored.get("jobs/a/record.json") is None


async def test_what_cannot_be_read_is_listed_and_left_and_the_rest_is_done(stored: Busy) -> None:
    await under(stored, OTHER)
    before = await stored.get("jobs/a/record.json")
    await under(stored, OLD, path="jobs/b/record.json")
    await stored.put("jobs/c/record.json", before or b"")
    tally = await rotated(stored)
    assert (tally.turns, tally.is_complete) == ({Turn.UNREADABLE: 2, Turn.REENCRYPTED: 1}, False)
    assert sorted(one.path for one in tally.unreadable) == ["jobs/a/record.json", "jobs/c/record.json"]
    assert all("the key other" in one.reason for one in tally.unreadable)
    assert await stored.get("jobs/a/record.json") == before


async def test_the_probe_of_the_doctor_is_no_object(stored: Busy) -> None:
    await stored.put(PROBE, b"plain")
    assert (await rotated(stored)).seen == 0
    assert await stored.get(PROBE) == b"plain"


async def test_a_bounded_number_of_objects_is_in_hand_at_once(stored: Busy) -> None:
    for number in range(50):
        await under(stored, OLD, path=f"jobs/{number}/record.json")
    await Rotation(EncryptedArchive(stored, RING), stored).run(Tally(), at_once=4)
    assert 1 < stored.most_at_work <= 4


async def test_an_inventory_counts_by_key_and_opens_nothing(stored: Busy) -> None:
    for number, entries in enumerate([(), (OLD,), (OTHER,), (OTHER,)]):
        await under(stored, *entries, path=f"jobs/{number}/record.json")
    tally = Tally()
    await inventory(EncryptedArchive(stored, RING), tally)
    assert tally.under == {"": 1, "old": 1, "other": 2}


async def test_payloads_of_histories_are_left_as_they_are(stored: Busy) -> None:
    """They come encrypted, and whoever reads them knows nothing of an archive's own encryption."""
    payload = layout.payload_path("a-job", "ab" * 32)
    await stored.put(payload, b"as Temporal's codec made it")
    await stored.put(layout.record_path("a-job"), b"{}")
    assert [path async for path in objects_of(stored)] == [layout.record_path("a-job")]
