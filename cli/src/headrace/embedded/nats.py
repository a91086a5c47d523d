"""The embedded NATS server: JetStream on disk, on the loopback address."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from headrace.embedded.files import write_atomically
from headrace.embedded.ports import LOOPBACK
from headrace.embedded.program import READY, Command, Probe, find_program, not_ready

_ANSWER_S = 1.0


@dataclass(frozen=True, kw_only=True)
class NatsServer:
    """nats-server with its streams in `directory`/jetstream.

    `max_payload_bytes` stays at the NATS default of 1 MiB: our messages carry references to bytes, not bytes.
    """

    directory: Path
    port: int
    max_payload_bytes: int = 1024 * 1024
    #: The most that JetStream may store; None leaves it to the server, which takes most of the free disk.
    store_bytes: int | None = None
    #: Who may connect; None: whoever reaches the port.
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    name: str = "nats"

    @property
    def url(self) -> str:
        return f"nats://{LOOPBACK}:{self.port}"

    async def prepare(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(self._config_path, self._config(), mode=0o600)

    def command(self) -> Command:
        return Command(
            argv=(str(find_program("nats-server")), "--config", str(self._config_path)),
            env={"PATH": os.defpath},
            cwd=self.directory,
            stop_grace_s=2.5,
        )

    async def probe(self) -> Probe:
        """Ready when it answers PING and says that JetStream is on (it recovers its streams before)."""
        try:
            async with asyncio.timeout(_ANSWER_S):
                reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
                try:
                    info = json.loads((await reader.readline()).removeprefix(b"INFO "))
                    login = {} if self.user is None else {"user": self.user, "pass": self.password}
                    writer.write(f"CONNECT {json.dumps({'verbose': False, **login})}\r\nPING\r\n".encode())
                    pong = await reader.readline()
                finally:
                    writer.close()
        except (OSError, TimeoutError, json.JSONDecodeError) as error:
            return not_ready(f"no answer from NATS on port {self.port}", error)
        if not pong.startswith(b"PONG") or not info.get("jetstream"):
            return Probe(ready=False, reason="NATS answers, JetStream is not on yet")
        return READY

    @property
    def store(self) -> Path:
        """Where JetStream keeps its streams."""
        return self.directory.absolute() / "jetstream"

    @property
    def _config_path(self) -> Path:
        return self.directory / "nats-server.conf"

    def _config(self) -> str:
        store = json.dumps(str(self.store))
        return (
            f'server_name: "headrace-embedded"\n'
            f'listen: "{LOOPBACK}:{self.port}"\n'
            f"max_payload: {self.max_payload_bytes}\n"
            f"jetstream {{\n  store_dir: {store}\n{self._limit()}}}\n"
            f"{self._login()}"
        )

    def _login(self) -> str:
        if self.user is None:
            return ""
        # In the file, which is ours alone to read: the list of processes is everybody's.
        user, password = json.dumps(self.user), json.dumps(self.password)
        return f"authorization {{\n  user: {user}\n  password: {password}\n}}\n"

    def _limit(self) -> str:
        return "" if self.store_bytes is None else f"  max_file_store: {self.store_bytes}\n"
