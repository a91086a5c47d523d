"""The demo's own stack: `headrace up` in a folder of its own, as a process that can't outlive us."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

import msgspec

from headrace.embedded.down import take_down
from headrace.embedded.identity import ProcessIdentity
from headrace.embedded.layout import StateDir
from headrace.embedded.lock import is_locked
from headrace.embedded.postgres import PostgresServer
from headrace.embedded.program import Command
from headrace.embedded.secrets_file import load_or_create
from headrace.embedded.spawn import spawn
from headrace.embedded.state_file import read_state

AGENTS = 2
_READY_WITHIN_S = 90.0
_POLL_S = 0.1


class StackFailedError(Exception):
    """The stack did not start; the text is what it said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StackAccess:
    """How to reach a stack that runs."""

    origin: str
    postgres_url: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    #: ``dev.json``: address and credentials by dialect.
    dev: Mapping[str, Any] = field(repr=False)


class DemoStack:
    """`say` hears each line that the supervisor writes. Use it in the main thread, and always call `stop`."""

    def __init__(self, where: StateDir, *, say: Callable[[str], None]) -> None:
        self.where = where
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None

    async def start(self) -> StackAccess:
        """Start it and wait until everything answers. Raises StackFailedError."""
        if is_locked(self.where.lock):
            raise StackFailedError(
                f"a stack already runs in {self.where.root}: it is left alone; take another --state-dir"
            )
        self.where.make()
        self.where.dev_json.unlink(missing_ok=True)  # a crashed one may have left it
        path = self.where.log("supervisor")
        folder = str(self.where.root)
        argv = (
            *(sys.executable, "-P", "-m", "headrace", "up", "--state-dir", folder),
            *("--port", "0", "--agents", str(AGENTS), "--slots", "1"),
        )
        with path.open("wb") as log:
            self._process = spawn(Command(argv=argv, env=dict(os.environ), cwd=self.where.root), log)
        self._output = path.open("rb")
        deadline = time.monotonic() + _READY_WITHIN_S
        while not self.where.dev_json.exists():
            self.listen()
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise StackFailedError(
                    f"the stack did not start:\n{path.read_text(errors='replace')[-4000:]}"
                )
            await asyncio.sleep(_POLL_S)
        self.listen()
        return self._access()

    def listen(self) -> None:
        """Pass on what the supervisor has said since the last call, up to its announcement."""
        lines = self._output.read().decode(errors="replace").splitlines() if self._output else []
        for line in lines:
            if " is ready after " in line or " is done after " in line or "starting it again" in line:
                self._say(line)

    def agent(self, name: str) -> ProcessIdentity | None:
        """The process that runs as agent `name` now, None while there is none."""
        state = read_state(self.where.stack_json)
        process = state.processes.get(name) if state else None
        return process.identity if process else None

    async def stop(self) -> None:
        """Stop everything that `start` started."""
        if self._process is not None:
            await take_down(self.where)
            await asyncio.to_thread(self._process.wait)
        if self._output is not None:
            self._output.close()

    def _access(self) -> StackAccess:
        dev = msgspec.json.decode(self.where.dev_json.read_bytes())
        secrets = load_or_create(self.where.secrets_json)
        state = read_state(self.where.stack_json)
        if state is None:
            raise StackFailedError(f"{self.where.stack_json} can't be read")
        postgres = PostgresServer(
            directory=self.where.data("postgres"),
            port=state.ports["postgres"],
            password=secrets.postgres_password,
        )
        return StackAccess(
            origin=dev["radiance"]["origin"],
            postgres_url=postgres.url,
            webhook_secret=dev["webhook_secret"],
            dev=dev,
        )
