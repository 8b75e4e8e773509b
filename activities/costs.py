"""What a response that turned up besides cost, for which nobody waited and whose request has to be looked up."""

import json
from typing import Any

from activities.orders import NamedOrder
from signoff.domain import layout
from signoff.domain.cost import Cost, reckoned
from signoff.domain.deployment import SOONEST
from signoff.domain.errors import FaultError
from signoff.domain.prices import PriceTable
from signoff.domain.usage import read_consumption
from signoff.ports import Archive, RawResponse


async def stray_cost(order: NamedOrder, raw: RawResponse, table: PriceTable | None, archive: Archive) -> Cost | None:
    """Reckon what a stray cost, with the completion window that its attempt asked for; `None` without a table."""
    if table is None:
        return None
    return reckoned(read_consumption(raw.body), table, await _completion_window(order, archive))


async def _completion_window(order: NamedOrder, archive: Archive) -> str | None:
    """Read what the attempt asked for; `None` where the archive can't tell, which must not keep a stray running."""
    try:
        data = await archive.get(layout.request_path(order.job_id, order.attempt))
        asked: Any = json.loads(data) if data else None
    except (FaultError, ValueError):
        return None
    if not isinstance(asked, dict):
        return None
    options = asked.get("background_options")
    window = options.get("completion_window") if isinstance(options, dict) else None
    return str(window) if window else SOONEST
