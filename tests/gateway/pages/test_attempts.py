"""How often somebody may try to sign in."""

import pytest

from signoff.gateway.pages.attempts import Attempts


def tries(attempts: Attempts, host: str | None, count: int) -> list[bool]:
    return [attempts.seconds_to_wait(host) == 0 for _ in range(count)]


def test_an_address_has_so_many_attempts_and_another_one_has_its_own() -> None:
    attempts = Attempts(per_address=3)
    assert tries(attempts, "192.0.2.1", 5) == [True, True, True, False, False]
    assert tries(attempts, "192.0.2.2", 1) == [True]


def test_all_addresses_together_have_so_many() -> None:
    attempts = Attempts(per_address=3, overall=4)
    assert [attempts.seconds_to_wait(f"192.0.2.{number}") == 0 for number in range(6)] == [True] * 4 + [False] * 2


def test_whoever_keeps_trying_shuts_nobody_else_out() -> None:
    attempts = Attempts(per_address=3, overall=5)
    tries(attempts, "192.0.2.1", 50)
    assert tries(attempts, "192.0.2.2", 1) == [True]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        (None, "", True),
        (None, "not an address", True),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_an_address_is_counted_as_what_somebody_has(one: str | None, other: str, *, is_same: bool) -> None:
    attempts = Attempts(per_address=1)
    tries(attempts, one, 1)
    assert (attempts.seconds_to_wait(other) > 0) == is_same


def test_no_more_addresses_are_remembered_than_attempts_are_permitted() -> None:
    attempts = Attempts(per_address=2, overall=10)
    for number in range(1_000):
        attempts.seconds_to_wait(f"10.0.{number // 250}.{number % 250}")
    assert len(attempts._storage.storage) + len(attempts._storage.expirations) <= 60


def test_the_wait_is_told_in_seconds_of_a_minute_or_two() -> None:
    attempts = Attempts(per_address=1)
    attempts.seconds_to_wait("192.0.2.1")
    assert 1 <= attempts.seconds_to_wait("192.0.2.1") <= 120
