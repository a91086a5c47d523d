"""A DNS for one process of a test: with this folder on PYTHONPATH, names lead where HEADRACE_TEST_HOSTS says.

Python imports it at its start. Names that are not in the list go to the real resolvers as ever.
"""

from __future__ import annotations

import json
import os
import socket
from typing import Any

_KNOWN: dict[str, list[str]] = json.loads(os.environ.get("HEADRACE_TEST_HOSTS", "{}"))


def _known(host: Any) -> list[str] | None:
    name = host.decode() if isinstance(host, bytes) else host
    return _KNOWN.get((name or "").rstrip(".").lower())


def _hook_system() -> None:
    system = socket.getaddrinfo

    def look_up(
        host: Any,
        port: Any,
        family: int = 0,
        type: int = 0,  # noqa: A002 - as the function calls it that this one stands for
        proto: int = 0,
        flags: int = 0,
    ) -> Any:
        addresses = _known(host)
        if addresses is None:
            return system(host, port, family, type, proto, flags)
        # Whatever family was asked for, and whatever the machine has: the test says what there is.
        numeric = socket.AI_NUMERICHOST
        return [found for each in addresses for found in system(each, port, 0, type, proto, numeric)]

    socket.getaddrinfo = look_up


def _hook_aiohttp() -> None:
    """Its own resolver asks c-ares, not the system."""
    from aiohttp.abc import ResolveResult
    from aiohttp.resolver import AsyncResolver

    real = AsyncResolver.resolve

    async def resolve(
        self: AsyncResolver, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = _known(host)
        if addresses is None:
            return await real(self, host, port, family)
        return [
            ResolveResult(
                hostname=host, host=each, port=port, proto=0, flags=socket.AI_NUMERICHOST,
                family=socket.AF_INET6 if ":" in each else socket.AF_INET,
            )
            for each in addresses
        ]  # fmt: skip

    AsyncResolver.resolve = resolve  # type: ignore[method-assign] # that is the hook


if _KNOWN:
    _hook_system()
    _hook_aiohttp()
