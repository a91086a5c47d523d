"""``estimated_cost`` and ``estimated_time_seconds``: from recorded run times and the pool's price."""

from __future__ import annotations

import logging

from headrace_api.core.core import Core
from headrace_api.core.errors import UnavailableError
from headrace_contracts.catalogue.registry import get
from headrace_contracts.jobs.lane import is_private

log = logging.getLogger(__name__)


async def estimate(core: Core, model: str, pool: str) -> tuple[float | None, float | None]:
    """USD and seconds; None for what is not known. Never raises: the job is stored already."""
    try:
        runs = await core.estimates.run(model, pool)
        if runs is None:
            return None, None
        price = None
        if get(pool) is None and not is_private(pool):  # a model's own pool has no price
            price = await core.estimates.price_per_hour(pool)
    except UnavailableError as error:
        log.warning("no estimate: %s", error, extra={"action": "estimate.none"})
        return None, None
    return (None if price is None else round(price * runs.mean_s / 3600, 6)), round(runs.mean_s, 3)
