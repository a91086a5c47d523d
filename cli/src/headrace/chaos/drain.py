"""After the load: waiting until everything has come to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import asyncpg

from headrace.chaos.record.read import unfinished

_EVERY_S = 0.5
_SAY_EVERY_S = 10.0
_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


async def drained(url: str, *, within_s: float, say: Callable[[str], None]) -> bool:
    """Wait until no job, webhook or export is unfinished; False when `within_s` seconds passed first."""
    loop = asyncio.get_running_loop()
    began, said = loop.time(), loop.time()
    while True:
        try:
            left = await unfinished(url)
        except _AWAY as error:
            left = {type(error).__name__: 1}
        if not any(left.values()):
            return True
        now = loop.time()
        if now - began > within_s:
            return False
        if now - said > _SAY_EVERY_S:
            said = now
            say("still to come: " + ", ".join(f"{n} {what}" for what, n in left.items() if n))
        await asyncio.sleep(_EVERY_S)
