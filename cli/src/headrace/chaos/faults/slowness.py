"""A Postgres that is there and slow: every packet between it and the services takes longer."""

from __future__ import annotations

import asyncio

from headrace.chaos.schedule import Fault
from headrace.chaos.site.site import Site

_DELAY_S = 0.1


async def slow(site: Site, fault: Fault) -> None:
    site.postgres_link.delay_s = _DELAY_S
    try:
        await asyncio.sleep(fault.lasts_s)
    finally:
        site.postgres_link.delay_s = 0.0
