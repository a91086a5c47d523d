"""Plays a schedule: each fault at its time, side by side where they overlap."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence

from headrace.chaos.faults.table import INJECTORS
from headrace.chaos.notes.book import Pen
from headrace.chaos.notes.entries import Done
from headrace.chaos.schedule import Fault
from headrace.chaos.site.site import Site


async def play(site: Site, faults: Sequence[Fault], *, pen: Pen, say: Callable[[str], None]) -> None:
    """All faults, counted from now; each is written down when it is over, with what went wrong with it.

    One that takes longer than planned holds up the next one of its target: a slow machine does not get two at once.
    """
    began = asyncio.get_running_loop().time()
    targets: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
    async with asyncio.TaskGroup() as group:
        for fault in faults:
            await asyncio.sleep(max(0.0, began + fault.at_s - asyncio.get_running_loop().time()))
            group.create_task(_one(site, fault, targets[fault.target], pen, say))


async def _one(site: Site, fault: Fault, target: asyncio.Lock, pen: Pen, say: Callable[[str], None]) -> None:
    async with target:
        began, problem = time.time(), ""
        say(f"fault {fault.number}: {fault.kind} of {fault.target} for {fault.lasts_s:g} s")
        try:
            await INJECTORS[fault.kind](site, fault)
        except Exception as error:  # noqa: BLE001 -- a fault that can't be done is told in the report, and fails the run
            problem = f"{type(error).__name__}: {error}"
    pen.write(
        Done(
            number=fault.number,
            kind=fault.kind,
            target=fault.target,
            began=began,
            ended=time.time(),
            problem=problem,
        )
    )
