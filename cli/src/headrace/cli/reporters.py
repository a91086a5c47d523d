"""How the progress of the stack is shown: lines for files and pipes, a moving line more on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.status import Status

from headrace.embedded.reporter import Reporter


class LineReporter:
    """One plain line for each thing that happens."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def starting(self, name: str) -> None:
        """Nothing: the line comes when it is ready."""

    def ready(self, name: str, *, after_s: float) -> None:
        self._say(f"{name} is ready after {after_s:.1f} s")

    def done(self, name: str, *, after_s: float) -> None:
        self._say(f"{name} is done after {after_s:.1f} s")

    def died(self, name: str, *, how: str, restart_in_s: float) -> None:
        self._say(f"{name} {how}; starting it again in {restart_in_s:g} s")

    def stopping(self) -> None:
        self._say("stopping everything")

    def note(self, text: str) -> None:
        self._say(text)

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


class TerminalReporter(LineReporter):
    """The same lines, and under them what is being waited for."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._waiting: list[str] = []
        self._status = Status("", console=console)

    def starting(self, name: str) -> None:
        self._waiting.append(name)
        self._update()

    def ready(self, name: str, *, after_s: float) -> None:
        super().ready(name, after_s=after_s)
        self._no_longer(name)

    def done(self, name: str, *, after_s: float) -> None:
        super().done(name, after_s=after_s)
        self._no_longer(name)

    def stopping(self) -> None:
        self._waiting.clear()
        self._update()
        super().stopping()

    def _no_longer(self, name: str) -> None:
        if name in self._waiting:
            self._waiting.remove(name)
        self._update()

    def _update(self) -> None:
        if self._waiting:
            self._status.update(f"starting {', '.join(self._waiting)}")
            self._status.start()
        else:
            self._status.stop()


def make_reporter(console: Console) -> Reporter:
    return TerminalReporter(console) if console.is_terminal else LineReporter(console)
