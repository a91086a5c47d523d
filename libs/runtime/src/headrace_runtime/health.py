"""``/livez`` and ``/readyz`` on a port of their own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from headrace_runtime.settings import HealthSettings

logger = logging.getLogger(__name__)

#: Returns None when all is well, else the reason why not. What it raises counts as a reason.
Check = Callable[[], Awaitable[str | None]]

CHECK_TIMEOUT_S: Final = 2.0


async def ask(check: Check, timeout_s: float) -> str | None:
    """Run one check; it never raises and never takes longer than ``timeout_s``."""
    try:
        async with asyncio.timeout(timeout_s):
            return await check()
    except TimeoutError:
        return f"no answer within {timeout_s:g} s"
    except Exception as error:
        logger.warning("a health check failed", exc_info=True, extra={"action": "health.check.error"})
        return f"{type(error).__name__}: {error}"


async def reasons(checks: Mapping[str, Check], timeout_s: float = CHECK_TIMEOUT_S) -> dict[str, str]:
    """Run all checks side by side; returns only those that have a reason, by name."""
    answers = await asyncio.gather(*(ask(check, timeout_s) for check in checks.values()))
    return {name: answer for name, answer in zip(checks, answers, strict=True) if answer is not None}


class HealthServer:
    """A small HTTP server beside the service's own work."""

    def __init__(
        self,
        settings: HealthSettings,
        *,
        ready: Mapping[str, Check],
        live: Mapping[str, Check] | None = None,
        timeout_s: float = CHECK_TIMEOUT_S,
    ) -> None:
        self._settings = settings
        self._ready = dict(ready)
        self._live = dict(live or {})
        self._timeout_s = timeout_s
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self) -> int:
        """Listen; returns the port.

        Raises:
            OSError: the port is taken.
        """
        app = web.Application()
        app.router.add_get("/livez", self._answer_live)
        app.router.add_get("/readyz", self._answer_ready)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        self._runner = runner
        try:
            await web.TCPSite(runner, self._settings.health_host, self._settings.health_port).start()
        except OSError:
            await self.stop()
            raise
        self.port = int(runner.addresses[0][1])
        logger.info(
            "health on http://%s:%d", self._settings.health_host, self.port, extra={"action": "health.start"}
        )
        return self.port

    async def stop(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _answer_live(self, _request: web.Request) -> web.Response:
        return await self._answer(self._live)

    async def _answer_ready(self, _request: web.Request) -> web.Response:
        return await self._answer(self._ready)

    async def _answer(self, checks: Mapping[str, Check]) -> web.Response:
        wrong = await reasons(checks, self._timeout_s)
        return web.json_response({"ok": not wrong, "reasons": wrong}, status=503 if wrong else 200)
