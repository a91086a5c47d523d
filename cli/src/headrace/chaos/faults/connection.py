"""An agent's connection to NATS: reset, or open and silent."""

from __future__ import annotations

import asyncio

from headrace.chaos.schedule import Fault
from headrace.chaos.site.site import Site


async def cut(site: Site, fault: Fault) -> None:
    link = site.agent_links[fault.target]
    link.cut()
    try:
        await asyncio.sleep(fault.lasts_s)
    finally:
        link.mend()


async def mute(site: Site, fault: Fault) -> None:
    link = site.agent_links[fault.target]
    link.mute()
    try:
        await asyncio.sleep(fault.lasts_s)
    finally:
        link.mend()
