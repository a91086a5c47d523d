"""A stack for one measurement: fresh folder, fsync on, one of each service, one agent with no-op handlers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SLOTS = 256


@dataclass(frozen=True, kw_only=True)
class BenchStack:
    """Where the stack is, and its processes by name."""

    #: ``dev.json``
    dev: dict[str, Any]
    origin: str
    agent_token: str
    postgres_url: str
    pids: dict[str, int]


def _headrace(*arguments: str, environ: dict[str, str] | None = None) -> None:
    subprocess.run(
        [sys.executable, "-m", "headrace", *arguments], env={**os.environ, **(environ or {})}, check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


@contextmanager
def stack(*, agents: int = 1, environ: Mapping[str, str] | None = None) -> Iterator[BenchStack]:
    """Start a stack, stop it afterwards and remove its folder; ``environ`` adds settings."""
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as folder:
        state = Path(folder) / "state"
        settings = {
            "HEADRACE_ENABLE_NOOP": "true",
            "HEADRACE_AGENT_MODELS": "noop",
            "HEADRACE_LOG_LEVEL": "WARNING",
            **(environ or {}),
        }
        chosen = ["--agents", str(agents)] if agents else ["--no-agent"]
        _headrace(
            "up", "--detach", "--port", "0", "--slots", str(SLOTS), *chosen, "--state-dir", str(state),
            environ=settings,
        )  # fmt: skip
        try:
            dev, facts, secrets = (_read(state / name) for name in ("dev.json", "stack.json", "secrets.json"))
            yield BenchStack(
                dev=dev,
                origin=dev["radiance"]["origin"],
                agent_token=dev["radiance"]["agent_token"],
                postgres_url=(
                    f"postgresql://headrace:{secrets['postgres_password']}"
                    f"@127.0.0.1:{facts['ports']['postgres']}/headrace"
                ),
                pids={
                    name: process["identity"]["pid"]
                    for name, process in facts["processes"].items()
                    if process.get("identity")
                },
            )
        finally:
            _headrace("down", "--state-dir", str(state))
