"""The whole product as a user starts it: `headrace up` with our own services, and a client's view of it."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import asyncpg
from tests.support.embedded_stack import EmbeddedStack
from tests.support.servers import S3Access
from tests.support.waiting import until

from headrace.embedded.postgres import PostgresServer
from headrace.embedded.secrets_file import StackSecrets, load_or_create

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class LiveStack:
    """A stack that answers."""

    commands: EmbeddedStack

    @property
    def state_dir(self) -> Path:
        return self.commands.state_dir

    @property
    def dev(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.commands.dev_json.read_text())
        return found

    @property
    def origin(self) -> str:
        return str(self.dev["radiance"]["origin"])

    @property
    def secrets(self) -> StackSecrets:
        return load_or_create(self.state_dir / "secrets.json")

    def port(self, name: str) -> int:
        return int(self.commands.stack_json()["ports"][name])

    def pid(self, name: str) -> int:
        found = self.commands.pid(name)
        assert found is not None, f"{name} does not run"
        return found

    def log(self, name: str) -> str:
        return (self.state_dir / "logs" / f"{name}.log").read_text(errors="replace")

    @property
    def postgres_url(self) -> str:
        return PostgresServer(
            directory=self.state_dir / "postgres",
            port=self.port("postgres"),
            password=self.secrets.postgres_password,
        ).url

    @property
    def s3(self) -> S3Access:
        return S3Access(
            endpoint_url=f"http://127.0.0.1:{self.port('s3')}",
            access_key=self.secrets.s3_access_key,
            secret_key=self.secrets.s3_secret_key,
            region="us-east-1",
            bucket="headrace",
        )

    async def rows(self, query: str, *values: object) -> list[asyncpg.Record]:
        """Look into the record."""
        connection = await asyncpg.connect(self.postgres_url, ssl=False)
        try:
            return list(await connection.fetch(query, *values))
        finally:
            await connection.close()


@contextmanager
def live_stack(root: Path, *args: str, env: Mapping[str, str] | None = None) -> Iterator[LiveStack]:
    """`headrace up --port 0 --detach` with ``args`` on a folder below ``root``; taken down at the end."""
    root.mkdir(parents=True, exist_ok=True)
    commands = EmbeddedStack(
        state_dir=root / "state",
        wishes=root,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
    )
    try:
        up = commands.run("up", "--port", "0", "--detach", *args, timeout_s=110)
        assert up.returncode == 0, up.stdout + up.stderr
        yield LiveStack(commands=commands)
    finally:
        commands.close()
        assert commands.processes() == []


@dataclass(frozen=True, kw_only=True)
class Client:
    """What a customer's program does with the radiance dialect."""

    session: aiohttp.ClientSession
    origin: str

    async def submit(
        self,
        model: str,
        payload: Mapping[str, Any],
        *,
        file: tuple[str, bytes, str] | None = None,
        **fields: str,
    ) -> UUID:
        """``file`` is (name, content, type)."""
        form = aiohttp.FormData(default_to_multipart=True)
        form.add_field("model", model)
        form.add_field("payload", json.dumps(payload))
        for name, value in fields.items():
            form.add_field(name, value)
        if file is not None:
            form.add_field("file", file[1], filename=file[0], content_type=file[2])
        async with self.session.post(f"{self.origin}/airunner/submit", data=form) as answer:
            body = await answer.json()
            assert answer.status == 201, body
            return UUID(body["result"]["id"])

    async def get(self, path: str) -> dict[str, Any]:
        async with self.session.get(f"{self.origin}/airunner/{path}") as answer:
            body: dict[str, Any] = await answer.json()
            assert answer.status == 200, body
            return body

    async def status(self, job_id: UUID) -> dict[str, Any]:
        found: dict[str, Any] = (await self.get(f"status/{job_id}"))["result"]
        return found

    async def ended(self, job_id: UUID, *, timeout_s: float = 60.0) -> dict[str, Any]:
        """The status once it is final."""
        found: dict[str, Any] = await until(
            lambda: self.status(job_id),
            lambda status: status["status"] in {"completed", "failed", "cancelled"},
            timeout_s=timeout_s,
            every_s=0.1,
            what=f"the end of job {job_id}",
        )
        return found


@asynccontextmanager
async def client_of(origin: str) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
        yield Client(session=session, origin=origin)
