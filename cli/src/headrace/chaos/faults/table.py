"""Which function does which kind of fault."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from headrace.chaos.faults.connection import cut, mute
from headrace.chaos.faults.freeze import freeze
from headrace.chaos.faults.fullness import fill
from headrace.chaos.faults.kill import kill
from headrace.chaos.faults.server import SIGNALS, restart
from headrace.chaos.faults.slowness import slow
from headrace.chaos.schedule import Fault
from headrace.chaos.site.site import Site

#: Each begins the fault, waits for as long as it lasts, and ends it, also when it is cancelled.
INJECTORS: Mapping[str, Callable[[Site, Fault], Awaitable[None]]] = MappingProxyType(
    {
        "kill-api": kill,
        "kill-dispatcher": kill,
        "kill-agent": kill,
        "kill-webhooks": kill,
        "kill-publisher": kill,
        "freeze-api": freeze,
        "freeze-dispatcher": freeze,
        "freeze-agent": freeze,
        "cut-agent": cut,
        "mute-agent": mute,
        "nats-full": fill,
        "postgres-slow": slow,
        **dict.fromkeys(SIGNALS, restart),
    }
)
