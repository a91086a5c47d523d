"""Servers that go away and come back: NATS, Postgres, S3."""

from __future__ import annotations

import asyncio
import shutil
import signal

from headrace.chaos.schedule import Fault
from headrace.chaos.site.site import Site

#: Postgres: SIGINT is the fast shutdown, SIGQUIT the immediate one.
SIGNALS = {
    "nats-restart": signal.SIGTERM,
    "nats-kill": signal.SIGKILL,
    "nats-wipe": signal.SIGKILL,
    "postgres-fast": signal.SIGINT,
    "postgres-immediate": signal.SIGQUIT,
    "postgres-kill": signal.SIGKILL,
    "s3-away": signal.SIGTERM,
}


async def restart(site: Site, fault: Fault) -> None:
    """Down for as long as the fault lasts."""
    process = site.processes[fault.target]
    await process.take_down(SIGNALS[fault.kind])
    try:
        if fault.kind == "nats-wipe":
            await asyncio.to_thread(shutil.rmtree, site.programs.nats.store, ignore_errors=True)
        await asyncio.sleep(fault.lasts_s)
    finally:
        process.put_up()
    await process.ready()
