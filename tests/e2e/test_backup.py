"""`headrace backup` of a stack at work, and a second stack made of it: everything is there, and goes on."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from standardwebhooks.webhooks import Webhook
from tests.support.live_stack import Client, LiveStack, client_of, live_stack
from tests.support.receiver import Receiver, receiving
from tests.support.waiting import until

from headrace_contracts.ids import new_id

CSV = b"name,count\n" + b"".join(b"row %d,%d\n" % (n, n * n) for n in range(3000))
FILE = os.urandom(200_000)
#: Beyond what the record keeps of a result.
LARGE = {"rows": list(range(30_000))}


@dataclass(kw_only=True)
class Jobs:
    """By what they were doing when the backup was made."""

    done: UUID
    failed: UUID
    held: tuple[UUID, str]
    runs: UUID
    released: UUID
    waits: UUID
    cancelled: UUID
    scheduled: str
    staged: str


@dataclass(frozen=True, kw_only=True)
class Site:
    """A stack, as a customer, as a machine that speaks REST, and as the owner of a key."""

    stack: LiveStack
    client: Client
    native_key: str

    async def native(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        origin = self.stack.dev["native"]["origin"]
        async with self.client.session.request(
            method,
            f"{origin}{path}",
            json=body or None,
            headers={"Authorization": f"Bearer {self.native_key}"},
        ) as answer:
            found: dict[str, Any] = await answer.json()
            assert answer.status < 300, found
            return found

    async def claim(self) -> tuple[UUID, str]:
        async with self.client.session.post(self._agent("claim"), headers=self._as_agent()) as answer:
            body = await answer.json()
            assert answer.status == 200, body
            return UUID(body["result"]["id"]), body["result"]["claim_token"]

    async def input_of(self, held: tuple[UUID, str]) -> bytes:
        async with self.client.session.get(
            self._agent(f"get/{held[0]}"), headers=self._as_agent(held[1])
        ) as answer:
            assert answer.status == 200
            return await answer.read()

    async def give_back(self, held: tuple[UUID, str], data: Any, file: bytes | None = None) -> None:
        form = aiohttp.FormData(default_to_multipart=True)
        form.add_field("data", json.dumps(data))
        if file is not None:
            form.add_field("file", file, filename="out.bin", content_type="application/octet-stream")
        async with self.client.session.post(
            self._agent(f"return/{held[0]}"), data=form, headers=self._as_agent(held[1])
        ) as answer:
            assert answer.status == 200, await answer.text()

    async def refuse(self, held: tuple[UUID, str]) -> None:
        async with self.client.session.post(
            self._agent(f"failed/{held[0]}"), json={"reason": "can't"}, headers=self._as_agent(held[1])
        ) as answer:
            assert answer.status == 200, await answer.text()

    async def file_of(self, job: UUID) -> bytes:
        async with self.client.session.get(f"{self.client.origin}/airunner/result/file/{job}") as answer:
            assert answer.status == 200, await answer.text()
            return await answer.read()

    def _agent(self, path: str) -> str:
        return f"{self.client.origin}/airunner/agent/{path}"

    def _as_agent(self, token: str | None = None) -> dict[str, str]:
        known = {"Authorization": f"Bearer {self.stack.secrets.agent_token}", "x-agent-id": "machine"}
        return known if token is None else {**known, "x-claim-token": token}


@asynccontextmanager
async def site(stack: LiveStack, native_key: str) -> AsyncIterator[Site]:
    async with client_of(stack.origin) as client:
        yield Site(stack=stack, client=client, native_key=native_key)


async def one_of_each(site: Site, folder: Path, receiver: Receiver) -> Jobs:
    """A job in every state."""
    client = site.client
    table = ("table.csv", CSV, "text/csv")
    staged = await site.native("POST", "/v1/jobs", model="noop", payload={}, staging=True)
    await until(
        lambda: states(site.stack), lambda found: "staged+1" in found.values(), what="a job that is staged"
    )
    tables: list[UUID] = [await client.submit("data-processing", {}, file=table)]
    held = await site.claim()
    await site.give_back(held, LARGE, FILE)
    tables.append(await client.submit("data-processing", {}, file=table))
    await site.refuse(await site.claim())
    tables.append(await client.submit("data-processing", {}, file=table))
    held = await site.claim()
    runs = await client.submit("text-generation", {"prompt": str(folder / "runs")})
    await until(async_((folder / "runs.1").exists), what="the run")
    released = await client.submit("text-generation", {"prompt": str(folder / "released")}, priority="low")
    cancelled = await client.submit("data-processing", {}, file=table)
    async with client.session.delete(f"{client.origin}/airunner/cancel/{cancelled}") as answer:
        assert answer.status == 200, await answer.text()
    waits = await client.submit(
        "data-processing", {}, file=table, priority="urgent", webhook_url=receiver.url("/webhook")
    )
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    scheduled = await site.native("POST", "/v1/jobs", model="noop", payload={}, run_at=later)
    return Jobs(
        done=tables[0],
        failed=tables[1],
        held=held,
        runs=runs,
        released=released,
        waits=waits,
        cancelled=cancelled,
        scheduled=scheduled["job_id"],
        staged=staged["job_id"],
    )


def async_(look: Any) -> Any:
    async def asked() -> Any:
        return look()

    return asked


async def states(stack: LiveStack) -> dict[UUID, str]:
    rows = await stack.rows("SELECT id, state, released, attempt FROM jobs")
    return {row["id"]: f"{row['state']}{'+' if row['released'] else ''}{row['attempt']}" for row in rows}


def blobs_of(state_dir: Path) -> dict[str, bytes]:
    root = state_dir / "s3"
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.timeout(240)  # two whole stacks one after the other
async def test_a_stack_at_work_is_backed_up_and_goes_on_elsewhere(tmp_path: Path) -> None:
    env = {"HEADRACE_ENABLE_NOOP": "true", "HEADRACE_AGENT_HANDLERS": "tests.support.gate_handlers"}
    backup = tmp_path / "monday.backup"
    async with receiving() as receiver:
        with live_stack(tmp_path / "old", "--agents", "1", "--slots", "1", env=env) as stack:
            key = stack.dev["native"]["api_key"]
            async with site(stack, key) as old:
                jobs = await one_of_each(old, tmp_path, receiver)
                await settled(old, jobs)
                before = await states(stack)
                said = stack.commands.run("backup", str(backup))
                assert said.returncode == 0, said.stderr
                assert "mode 0600" in said.stdout
                assert said.stderr == ""
                assert backup.stat().st_mode & 0o777 == 0o600
                late = await old.client.submit("data-processing", {}, file=("t.csv", CSV, "text/csv"))
                again = stack.commands.run("backup", str(backup))
                assert again.returncode == 1
                assert "is there already" in again.stderr
                fence = await fence_of(stack, jobs.runs)
            kept = blobs_of(stack.state_dir)
            commands = replace(stack.commands, state_dir=tmp_path / "new" / "state", wishes=tmp_path)
        made = commands.run("restore", str(backup))
        assert made.returncode == 0, made.stderr
        there = blobs_of(commands.state_dir)
        assert {name for name in kept if name not in there} == {
            name for name in kept if f"uploads/{late}/" in name
        }
        assert all(data == kept[name] for name, data in there.items())
        with live_stack(tmp_path / "new", "--agents", "1", "--slots", "1", env=env) as stack:
            # The keys of the first one open the second one.
            async with site(stack, key) as new:
                assert late not in await states(stack)
                await everything_is_there(new, jobs, before)
                await everything_goes_on(new, jobs, tmp_path, receiver)
                assert await fence_of(stack, jobs.runs) >= fence + (65536 << 20)


async def settled(site: Site, jobs: Jobs) -> None:
    """What was under way has come to rest in the record."""
    await until(
        lambda: states(site.stack),
        lambda found: found[jobs.released] == "queued+0",
        what="jobs at rest",
    )
    await until(lambda: site.stack.rows("SELECT 1 FROM exports WHERE state = 'exported'"), what="the export")


async def fence_of(stack: LiveStack, job: UUID) -> int:
    (row,) = await stack.rows("SELECT fence FROM jobs WHERE id = $1", job)
    return int(row["fence"])


async def everything_is_there(site: Site, jobs: Jobs, before: dict[UUID, str]) -> None:
    now = await states(site.stack)
    assert now.keys() == before.keys()
    at_rest = {
        job: state for job, state in before.items() if job not in {jobs.runs, jobs.released, jobs.waits}
    }
    assert {job: now[job] for job in at_rest} == at_rest
    result = await site.client.get(f"result/json/{jobs.done}")
    assert result["result"] == LARGE
    assert await site.file_of(jobs.done) == FILE
    assert (await site.native("GET", f"/v1/jobs/{jobs.scheduled}"))["status"] == "scheduled"
    assert (await site.native("GET", f"/v1/jobs/{jobs.staged}"))["status"] == "staged"


async def everything_goes_on(site: Site, jobs: Jobs, folder: Path, receiver: Receiver) -> None:
    # What waited goes before what ran, which is counted as lost first, and then runs again as another attempt.
    (folder / "released.go").touch()
    await until(async_((folder / "runs.2").exists), what="the second attempt")
    (folder / "runs.go").touch()
    # A machine that held a claim then, and is still there, hands its result in.
    await site.give_back(jobs.held, {"late": True})
    held = await site.claim()
    assert held[0] == jobs.waits
    assert await site.input_of(held) == CSV
    await site.give_back(held, {"ok": 1})
    for job in (jobs.runs, jobs.released, jobs.held[0], jobs.waits):
        assert (await site.client.ended(job))["status"] == "completed"
    await receiver.wait_for(1)
    Webhook(site.stack.secrets.webhook_secret).verify(receiver.requests[0].body, receiver.requests[0].headers)
    await site.native("POST", f"/v1/jobs/{jobs.staged}/approve")
    await until(
        lambda: site.native("GET", f"/v1/jobs/{jobs.staged}"),
        lambda job: job["status"] == "completed",
        what="the approved job",
    )
    assert (await site.client.submit("noop", {"id": str(new_id())})) is not None
