"""What the supervisor tells people while it works."""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """Hears what happens; how it is shown is its own business. Never blocks and never raises."""

    def starting(self, name: str) -> None: ...

    def ready(self, name: str, *, after_s: float) -> None: ...

    def done(self, name: str, *, after_s: float) -> None:
        """A step that runs to its end has done so."""

    def died(self, name: str, *, how: str, restart_in_s: float) -> None: ...

    def stopping(self) -> None: ...

    def note(self, text: str) -> None: ...
