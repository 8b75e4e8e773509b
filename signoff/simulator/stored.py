"""What the store holds."""

from collections import Counter
from dataclasses import dataclass, field

from signoff.simulator.request import CreateRequest
from signoff.simulator.script import Json, Moment, Operation, Script, State, Visit
from signoff.simulator.timeline import continued

JOB_KEY = "signoff_job_id"


@dataclass(slots=True)
class StoredResponse:
    """One response: what it was created from and what happened to it since; bodies are built on demand.

    Attributes:
        nth: Which of its job's creates it came from.
        announced: The status of the last webhook about it.
        before: How many visits there were when the script was last changed; scripts count from there.
    """

    id: str
    request: CreateRequest
    scenario: str
    script: Script
    created_at: float
    nth: int = 1
    before: Counter[Operation] = field(default_factory=Counter)
    cancelled_at: float | None = None
    is_deleted: bool = False
    announced: str = ""
    visits: Counter[Operation] = field(default_factory=Counter)

    def moment(self, now: float) -> Moment:
        """Return where in its life the response is; a clock that was set back counts as no time passed."""
        return Moment(max(0.0, now - self.created_at), self.cancelled_at)

    def state(self, now: float) -> State:
        """Return the state at this time."""
        return self.script.state_at(self.moment(now))

    def changed_at(self, now: float) -> float:
        """Return when it took the status that it has at this time, in seconds since the epoch."""
        return self.created_at + self.state(now).since

    def change(self, scenario: str, script: Script, now: float) -> None:
        """Let it do something else from now on, which counts times and calls from now on too."""
        self.scenario, self.script = scenario, continued(self.script, script, self.moment(now))
        self.before = Counter(self.visits)

    def visit(self, operation: Operation, now: float) -> Visit:
        """Return the last such call as scripts and drops see it."""
        nth = self.nth if operation == "create" else self.visits[operation] - self.before[operation]
        job_id = self.request.metadata.get(JOB_KEY, "")
        return Visit(operation, nth, self.id, self.moment(now), now, job_id, self.nth)

    def line(self) -> Json:
        """Return the response's line in the ledger."""
        return {
            "id": self.id,
            "metadata": self.request.metadata,
            "created_at": self.created_at,
            "scenario": self.scenario,
        }


@dataclass(slots=True)
class SentEvent:
    """One webhook as the ledger shows it.

    Attributes:
        endpoint_id: The registered endpoint that it is for; None for the receiver that the control names.
    """

    id: str
    type: str
    response_id: str
    delivered: bool = False
    tries: int = 0
    endpoint_id: str | None = None
