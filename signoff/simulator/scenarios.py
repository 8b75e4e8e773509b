"""All scenarios, by the name under which a request asks for them.

To add one: write a function beside its kin, add it here, and add its line to the table in README.md.
"""

from signoff.simulator.calls import error, lost
from signoff.simulator.courses import lag, stale, stuck, vanishing, zombie
from signoff.simulator.endings import (
    clipped,
    commentary,
    completed,
    empty,
    failed,
    incomplete,
    mcp_approval,
    refusal,
    structured,
    tool_failed,
    unknown,
)
from signoff.simulator.language import Scenario, scenario

_ENDINGS = (completed, structured, failed, incomplete, refusal, empty, mcp_approval, tool_failed, clipped, commentary)
_COURSES = (stuck, stale, zombie, lag, vanishing)
_CALLS = (error, lost)

SCENARIOS: dict[str, Scenario] = {each.name: each for each in map(scenario, (*_ENDINGS, unknown, *_COURSES, *_CALLS))}
