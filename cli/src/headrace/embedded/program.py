"""What the embedded stack runs: a program is how to prepare, start, probe and stop one process."""

from __future__ import annotations

import signal
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Protocol

from headrace.embedded.privileges import RunAs


class ProgramFailedError(Exception):
    """A program could not be prepared, did not start or did not become ready; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """One process to start: argument list, whole environment, working directory and, as root, the user."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    run_as: RunAs | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_grace_s: float = 5.0


@dataclass(frozen=True, kw_only=True)
class Probe:
    """The answer of a readiness check; `reason` is for people and empty when ready."""

    ready: bool
    reason: str = ""


READY = Probe(ready=True)


class Program(Protocol):
    """What a runner or the supervisor needs to know of a process."""

    @property
    def name(self) -> str: ...

    @property
    def port(self) -> int: ...

    async def prepare(self) -> None:
        """Make files and folders, and clear what a crash left. Called before every start.

        Raises ProgramFailedError with the reason and the way out.
        """

    def command(self) -> Command: ...

    async def probe(self) -> Probe: ...


def not_ready(what: str, error: BaseException) -> Probe:
    """The probe that tells a connection error to people."""
    return Probe(ready=False, reason=f"{what}: {str(error) or type(error).__name__}")


def find_program(name: str) -> Path:
    """The executable that a wheel put beside our Python, else the one on PATH.

    Raises ProgramFailedError when there is none.
    """
    beside = Path(sysconfig.get_path("scripts")) / name
    if beside.is_file():
        return beside
    found = which(name)
    if found is None:
        raise ProgramFailedError(
            f"{name} is not installed: neither {beside} nor anything on PATH; run `make install`"
        )
    return Path(found)
