"""`python -m tests.browser.simulating`: the simulator with one more scenario, in which a job says what it is told to.

The scenario `says draft=N` ends with the Nth text of the list that `instructions` holds as JSON. A reworked job keeps
its instructions, so `says then says draft=2` plays a job whose second draft is another one.
"""

import json
import re
from typing import Annotated, Any, Final

from signoff.simulator import __main__, items
from signoff.simulator.endings import QUEUED, RUNNING
from signoff.simulator.kinds import Count, Seconds, one_of
from signoff.simulator.language import scenario
from signoff.simulator.scenarios import SCENARIOS
from signoff.simulator.script import Json, Run, Script
from signoff.simulator.timeline import timeline

_LINK: Final = re.compile(r"\[([^\]\[]+)\]\(([^)\s]+)\)")


def says(
    *,
    queued: Seconds = QUEUED,
    running: Seconds = RUNNING,
    draft: Count = 1,
    search: Annotated[str, one_of("completed", "failed")] = "completed",
) -> Script:
    """End with a text of the request's own, in which every link is a citation, after a search."""

    def ending(run: Run) -> Json:
        text = json.loads(run.request.echo["instructions"])[draft - 1]
        message = items.message(run, text)
        message["content"][0]["annotations"] = [_citation(found) for found in _LINK.finditer(text)]
        output = [items.reasoning(run), items.web_search(run, status=search), message]
        return {"output": output, "usage": items.usage(run, text)}

    return Script(timeline(queued, running), ending)


def _citation(found: re.Match[str]) -> dict[str, Any]:
    title, url = found.groups()
    return {
        "type": "url_citation",
        "start_index": found.start(),
        "end_index": found.end(),
        "url": url,
        "title": title,
    }


if __name__ == "__main__":
    SCENARIOS["says"] = scenario(says)
    __main__.main()
