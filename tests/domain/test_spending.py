"""What a whole job cost: every attempt and stray counts, and whatever is unknown is said."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.domain.attempt import Attempt, Stray
from signoff.domain.cost import Cost
from signoff.domain.record import JobRecord
from signoff.domain.spending import REASONS_KEPT, attempt_in_words, job_cost, money, used_tokens
from signoff.domain.status import ResponseStatus
from tests.domain.making import AT, a_failed, a_record, a_stray, lost_reply
from tests.domain.pricing import usage


def paid(amount: str = "1", *unpriced: str, currency: str = "USD") -> Cost:
    return Cost(amount=Decimal(amount), currency=currency, unpriced=unpriced)


def ended(number: int = 1, **facts: Any) -> Attempt:
    facts = {"cost": paid(), **facts}
    return Attempt(number=number, started_at=AT, response_id=f"resp_{number}", ended_at=AT, usage=usage(), **facts)


def record_of(*attempts: Attempt, strays: tuple[Stray, ...] = (), omitted: int = 0) -> JobRecord:
    return a_record().model_copy(update={"attempts": attempts, "strays": strays, "strays_omitted": omitted})


LOST = Attempt(number=1, started_at=AT, failure=lost_reply().failure)
REFUSED = Attempt(number=1, started_at=AT, failure=a_failed(stage="create").failure)


def test_attempts_and_strays_are_summed_by_currency() -> None:
    stray = a_stray(tokens=5, attempt=9, cost=paid("0.10", currency="EUR"))
    found = job_cost(record_of(ended(1, cost=paid("0.42")), ended(2, cost=paid("0.000001")), strays=(stray,)))
    assert found.amounts == {"USD": Decimal("0.420001"), "EUR": Decimal("0.10")}
    assert (str(found), found.is_complete) == ("0.10 EUR and 0.420001 USD", True)


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (record_of(), "nothing"),
        (record_of(REFUSED), "nothing"),
        (record_of(ended(cost=paid("0"))), "0.00 USD"),
        (record_of(LOST), "unknown: attempt 1: it may have been paid, the reply to its create was lost"),
        (record_of(LOST, ended(2), strays=(a_stray(cost=paid("2")),)), "3.00 USD"),
        (record_of(Attempt(number=1, started_at=AT)), "unknown: attempt 1: its create has not been answered"),
        (
            record_of(Attempt(number=1, started_at=AT, response_id="resp_1")),
            "unknown: attempt 1: its response has not ended, as far as is known",
        ),
        (record_of(ended(cost=None)), "unknown: attempt 1: there was no price table when it ended"),
        (
            record_of(ended(), ended(2, cost=paid("0", "OpenAI told no usage"))),
            "at least 1.00 USD; unknown: attempt 2: OpenAI told no usage",
        ),
        (record_of(strays=(a_stray(),)), "unknown: stray resp_s: OpenAI told no usage"),
        (record_of(ended(), omitted=2), "at least 1.00 USD; unknown: 2 strays of which nothing is kept"),
    ],
)
def test_a_job_says_what_it_cost_and_what_is_unknown(record: JobRecord, told: str) -> None:
    assert str(job_cost(record)) == told


def test_a_crowd_of_unknown_parts_is_counted() -> None:
    record = record_of(*(ended(number, cost=None) for number in range(1, 301)))
    found = job_cost(record)
    assert len(found.unknown) == REASONS_KEPT + 1
    assert found.unknown[-1] == f"{300 - REASONS_KEPT} more"


def test_an_old_record_without_costs_is_read_and_unknown() -> None:
    data = record_of(ended()).model_dump(mode="json")
    del data["attempts"][0]["cost"], data["attempts"][0]["usage"]["cached_input_tokens"]
    found = job_cost(JobRecord.model_validate(data))
    assert (found.is_complete, found.is_reckoned) == (False, False)


@pytest.mark.parametrize(
    ("attempt", "told"),
    [(ended(), "1.00 USD"), (REFUSED, "nothing"), (ended(cost=None), "unknown: there was no price table")],
)
def test_an_attempt_says_what_it_cost(attempt: Attempt, told: str) -> None:
    assert attempt_in_words(attempt).startswith(told)


@pytest.mark.parametrize(
    ("amount", "told"),
    [("0", "0.00"), ("0.000000", "0.00"), ("0.5", "0.50"), ("0.000001", "0.000001"), ("12345.678", "12,345.678")],
)
def test_money_is_written_in_full(amount: str, told: str) -> None:
    assert money(Decimal(amount)) == told


def test_tokens_are_told_with_the_parts_that_are_known() -> None:
    assert used_tokens(usage(cached_input_tokens=None)) == "1,100,000 tokens"
    told = used_tokens(usage(cached_input_tokens=1_000, reasoning_tokens=90_000))
    assert told == "1,100,000 tokens (1,000 cached, 90,000 reasoning)"


AMOUNTS = st.decimals(0, 10**6, places=6)
COSTS = st.builds(Cost, amount=AMOUNTS, currency=st.sampled_from(["USD", "EUR"]), unpriced=st.just(()))
UNKNOWN = st.one_of(st.none(), st.builds(Cost, currency=st.just("USD"), unpriced=st.just(("something",))))


@given(st.lists(COSTS, max_size=30), st.lists(COSTS, max_size=10))
def test_no_attempt_and_no_stray_is_ever_lost(attempts: list[Cost], strays: list[Cost]) -> None:
    turned_up = tuple(a_stray(f"resp_s{number}", attempt=99, cost=cost) for number, cost in enumerate(strays))
    found = job_cost(record_of(*(ended(n, cost=cost) for n, cost in enumerate(attempts, 1)), strays=turned_up))
    whole = sum((cost.amount for cost in attempts + strays), Decimal(0))
    assert sum(found.amounts.values(), Decimal(0)) == whole
    assert found.is_complete


@given(st.lists(COSTS, max_size=10), UNKNOWN, st.integers(0, 10))
def test_a_job_with_anything_unknown_is_marked_as_such(known: list[Cost], unknown: Cost | None, place: int) -> None:
    costs: list[Cost | None] = [*known]
    costs.insert(min(place, len(costs)), unknown)
    found = job_cost(record_of(*(ended(number, cost=cost) for number, cost in enumerate(costs, 1))))
    assert not found.is_complete
    assert f"attempt {costs.index(unknown) + 1}: " in found.unknown[0]


def test_a_cancelled_response_is_one_without_usage() -> None:
    attempt = ended(response_status=ResponseStatus.CANCELLED, cost=None).model_copy(update={"usage": None})
    assert attempt_in_words(attempt) == "unknown: OpenAI told no usage"
