"""Where a production stands: the first four portals, as the client sees them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from headrace_agent.handlers.api import Context
from headrace_contracts.catalogue.video_production import PORTALS

#: The share of the whole, in percent, at which each portal begins, by entry.
_BEGINS: Final = {"upload": (0.0, 2.0, 35.0, 90.0), "prompt": (0.0, 2.0, 12.0, 92.0)}

#: Takes how much of the open portal is done, 0 to 1, and what is being done.
Report = Callable[[float, str], None]


class Portals:
    """Reports progress under the name of the portal that is open, and keeps how long each was."""

    def __init__(self, ctx: Context, entry: str) -> None:
        self._ctx = ctx
        self._begins = (*_BEGINS[entry], 100.0)
        self._open = -1
        self._since = 0.0
        self._done: list[dict[str, Any]] = []

    def enter(self, name: str, what: str) -> None:
        """Close the portal that is open and open ``name``, one of ``PORTALS``."""
        self._close()
        self._open = PORTALS.index(name)
        self._since = time.monotonic()
        self.report(0.0, what)
        self._ctx.log(f"portal {name}: {what}")

    def report(self, share: float, what: str) -> None:
        """How much of the open portal is done, 0 to 1."""
        begin, end = self._begins[self._open : self._open + 2]
        percent = begin + (end - begin) * min(1.0, max(0.0, share))
        self._ctx.progress(min(percent, 99.5), f"{PORTALS[self._open]}: {what}")

    def finish(self) -> list[dict[str, Any]]:
        """Close the last one; each portal's ``number``, ``name`` and ``seconds``."""
        self._close()
        self._ctx.progress(100, f"{PORTALS[-1]}: done")
        return self._done

    def _close(self) -> None:
        if self._open >= 0:
            number, _, name = PORTALS[self._open].partition(" ")
            took = round(time.monotonic() - self._since, 3)
            self._done.append({"number": int(number), "name": name, "status": "done", "seconds": took})
