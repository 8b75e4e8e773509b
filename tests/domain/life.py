"""What may happen to a job by itself: creates, their responses, what turns up late, and time."""

from datetime import timedelta
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from signoff.domain import adoption, progress
from signoff.domain.attempt import Ended
from signoff.domain.deployment import Failed
from signoff.domain.failures import Failure, FailureClass, Stage
from signoff.domain.status import ResponseStatus
from tests.domain.making import (
    DAY,
    HOUR,
    MINUTE,
    a_failure,
    an_end,
)
from tests.domain.played import COPIED, DIGESTS, FOREIGN, Played, S, in_status

KNOWN_CLASSES: Final = [one for one in FailureClass if one is not FailureClass.OUTCOME_UNKNOWN]
failures: Final = st.builds(
    a_failure,
    st.sampled_from(KNOWN_CLASSES),
    retry_after=st.none() | st.timedeltas(timedelta(0), 10 * HOUR),
    may_retry=st.sampled_from([None, None, True, False]),
    message=st.text(max_size=400),
)


class Life(Played):
    """Creates and responses with every outcome, announced at any moment."""

    @rule(passed=st.sampled_from([timedelta(0), MINUTE, HOUR, DAY]))
    def time_passes(self, passed: timedelta) -> None:
        self.now += passed

    @precondition(lambda self: self.may_create)
    @rule(status=st.sampled_from(ResponseStatus))
    def create_is_accepted(self, status: ResponseStatus) -> None:
        self.create(status)

    @precondition(lambda self: self.may_create)
    @rule(failure=failures)
    def create_is_refused(self, failure: Failure) -> None:
        self.begin_attempt()
        self.stop(failure.model_copy(update={"stage": Stage.CREATE}))

    @precondition(lambda self: self.may_create)
    @rule(was_accepted=st.sampled_from([True, True, False]))
    def reply_is_lost(self, *, was_accepted: bool) -> None:
        self.begin_attempt()
        self.sent[self.begun] = f"resp_{self.begun}" if was_accepted else ""
        self.lost = self.failed(a_failure(FailureClass.OUTCOME_UNKNOWN, stage=Stage.CREATE))
        self.record = adoption.reply_lost(self.record, self.lost, self.now)
        self.record = adoption.sign_awaited(self.record, self.lost.terms, self.now)

    @precondition(lambda self: self.lost is not None)
    @rule()
    def no_sign_comes(self) -> None:
        assert self.lost
        assert self.record.adoption_due_at
        self.now = max(self.now, self.record.adoption_due_at)
        self.stop(self.lost.failure)

    @precondition(lambda self: self.lost is not None and self.sent[self.begun])
    @rule()
    def sign_comes(self) -> None:
        self.take_announced(self.sent[self.begun], self.begun, 0)
        assert self.record.status is S.RUNNING
        assert self.record.response_id == self.sent[self.begun]

    @rule(which=st.integers(0, 20), tokens=st.integers(0, 2_000), times=st.integers(1, 3))
    def response_is_announced(self, which: int, tokens: int, times: int) -> None:
        """Any response that exists, in any status, any number of times: as the workflow does, or once it is over."""
        existing = {response_id: attempt for attempt, response_id in self.sent.items() if response_id}
        news = [response_id for response_id in existing if not self.record.knows(response_id)]
        candidates = [*news, *news, *news, *existing, FOREIGN, COPIED]
        response_id = candidates[which % len(candidates)]
        before = self.record
        self.take_announced(response_id, existing.get(response_id, 99), tokens)
        once = self.record
        for _ in range(times - 1):
            self.take_announced(response_id, existing.get(response_id, 99), tokens)
        if response_id != FOREIGN:  # of one that is not the job's, only the lines of refusals speak
            assert self.record == once
        if before.knows(response_id):
            assert self.record == before

    @in_status(S.RUNNING)
    @rule(status=st.sampled_from(ResponseStatus), digest=st.sampled_from(DIGESTS), tokens=st.integers(0, 2_000))
    def response_is_held(self, status: ResponseStatus, digest: str, tokens: int) -> None:
        self.hold(status, digest, tokens)

    @in_status(S.RUNNING)
    @rule(status=st.sampled_from(ResponseStatus), failure=failures, tokens=st.integers(0, 2_000))
    def response_fails(self, status: ResponseStatus, failure: Failure, tokens: int) -> None:
        self.end(an_end(status, failure=failure), tokens)
        self.stop(failure)

    @in_status(S.RUNNING)
    @rule(failure=failures)
    def look_fails(self, failure: Failure) -> None:
        self.stop(failure)

    @in_status(S.RUNNING)
    @rule(is_stopped=st.sampled_from([True, True, False]))
    def time_limit_comes(self, *, is_stopped: bool) -> None:
        timeout = self.failed(a_failure(FailureClass.TIMEOUT))
        stopped: Ended | Failed = an_end(ResponseStatus.CANCELLED)
        if not is_stopped:
            stopped = self.failed(a_failure(stage=Stage.CANCEL))
        seen = progress.at_time_limit(stopped, timeout)
        if isinstance(seen, Failed):
            self.stop(seen.failure)
            return
        self.end(seen, 0)
        assert seen.failure
        self.stop(seen.failure)

    @precondition(lambda self: self.may_create and self.record.may_complete_late)
    @rule(digest=st.sampled_from(DIGESTS))
    def response_completes_late(self, digest: str) -> None:
        self.record = progress.late_completion(self.record, self.now)
        self.hold(ResponseStatus.COMPLETED, digest, 100)
