"""SIGSTOP of one process with all that it started, then SIGCONT: a machine that stands still and wakes up."""

from __future__ import annotations

import asyncio

from headrace.chaos.schedule import Fault
from headrace.chaos.site.site import Site


async def freeze(site: Site, fault: Fault) -> None:
    process = site.processes[fault.target]
    process.freeze()
    try:
        await asyncio.sleep(fault.lasts_s)
    finally:
        process.thaw()
