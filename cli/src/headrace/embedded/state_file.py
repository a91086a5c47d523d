"""stack.json: what the supervisor runs, for `headrace status`, `headrace down` and the next supervisor."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from headrace.embedded.files import write_atomically
from headrace.embedded.identity import ProcessIdentity


class Phase(StrEnum):
    """Where the stack as a whole stands."""

    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    STOPPED = "stopped"


class Health(StrEnum):
    """Where one process stands."""

    STARTING = "starting"
    READY = "ready"
    NOT_READY = "not ready"
    RESTARTING = "restarting"
    STOPPED = "stopped"


class ProcessState(msgspec.Struct, frozen=True, kw_only=True):
    """One process; `identity` and `up_since` are None while none runs."""

    identity: ProcessIdentity | None = None
    port: int | None = None
    up_since: datetime | None = None
    restarts: int = 0
    health: Health = Health.STARTING
    reason: str = ""


class StackState(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about a stack that outlives its supervisor. Times are UTC."""

    phase: Phase
    supervisor: ProcessIdentity
    started_at: datetime
    api_url: str
    ports: dict[str, int]
    processes: dict[str, ProcessState]


def write_state(path: Path, state: StackState) -> None:
    write_atomically(path, msgspec.json.format(msgspec.json.encode(state)).decode() + "\n")


def read_state(path: Path) -> StackState | None:
    """The last state written; None when there is none or it is not one of ours (an older version's, say)."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=StackState)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
