"""SIGKILL of one process, which is started again after a moment."""

from __future__ import annotations

import asyncio
import signal

from headrace.chaos.schedule import Fault
from headrace.chaos.site.site import Site


async def kill(site: Site, fault: Fault) -> None:
    process = site.processes[fault.target]
    await process.take_down(signal.SIGKILL)
    try:
        await asyncio.sleep(fault.lasts_s)
    finally:
        process.put_up()
