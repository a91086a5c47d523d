"""The version before runs on the new schema while this one takes over, with jobs in flight: none lost, none twice."""

from __future__ import annotations

import asyncio
import itertools
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import aiohttp
import pytest
from tests.support.agent_process import ROOT, AgentProcess, agent_process
from tests.support.previous_version import migrate, unpacked
from tests.support.record import pool_of
from tests.support.servers import S3Access
from tests.support.service_process import AGENT_TOKEN, ServiceProcess, service_env
from tests.support.waiting import until

from headrace_store.migration import migrations
from headrace_store.postgres import Pool

#: Jobs that each phase sees through.
SOME = 10
#: What ends, and how often, seen by the database itself.
AUDIT = """
CREATE TABLE ended (job_id uuid, before text, after text);
CREATE FUNCTION note_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ended VALUES (NEW.id, OLD.state, NEW.state);
    RETURN NULL;
END $$;
CREATE TRIGGER note_end AFTER UPDATE OF state ON jobs FOR EACH ROW
WHEN (NEW.state IN ('completed', 'failed', 'cancelled') OR OLD.state IN ('completed', 'failed', 'cancelled'))
EXECUTE FUNCTION note_end();
"""


@dataclass(kw_only=True)
class Load:
    """Jobs, one after the other, to all APIs in turn."""

    session: aiohttp.ClientSession
    folder: Path
    origins: list[str] = field(default_factory=list)
    accepted: list[tuple[UUID, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    #: True: no more jobs; each answer is still waited for.
    enough: bool = False

    async def run(self) -> None:
        numbers = itertools.count()
        while not self.enough:
            origin = self.origins[next(numbers) % len(self.origins)]
            await self.submit(origin, str(self.folder))
            await asyncio.sleep(0.1)

    async def submit(self, origin: str, prompt: str, model: str = "text-generation") -> UUID | None:
        body = {"jobs": [{"model": model, "payload": {"prompt": prompt}}]}
        async with self.session.post(f"{origin}/radiance/airunner/submit/batch", json=body) as answer:
            told = await answer.json()
        if answer.status != 200 or told["result"]["failed"]:
            self.refused.append(str(told))
            return None
        job = UUID(told["result"]["jobs"][0]["id"])
        self.accepted.append((job, origin))
        return job


@dataclass(kw_only=True)
class Version:
    """One version of the three processes."""

    name: str
    env: dict[str, str]
    folder: Path
    python_path: str
    stack: AsyncExitStack
    running: dict[str, ServiceProcess | AgentProcess] = field(default_factory=dict)

    async def start(self) -> None:
        for module in ("headrace_dispatcher", "headrace_api"):
            process = ServiceProcess(
                module=module, env=self.env, log_path=self.folder / f"{self.name}-{module}.log"
            )
            self.stack.callback(process.close)
            await asyncio.to_thread(process.start, timeout_s=90)
            self.running[module] = process
        env = {
            "PYTHONPATH": f"{self.python_path}:{ROOT}",
            "HEADRACE_AGENT_HANDLERS": "tests.support.upgrade_handlers",
            "HEADRACE_AGENT_WORK_DIR": str(self.folder / self.name),
            "HEADRACE_AGENT_DRAIN_TIMEOUT_S": "20",
            "HEADRACE_ENABLE_NOOP": "false",
        }
        self.running["headrace_agent"] = await self.stack.enter_async_context(
            agent_process(
                self.folder, nats_url=self.env["HEADRACE_NATS_URL"], slots=2, env=env, name=self.name
            )
        )

    @property
    def origin(self) -> str:
        api = self.running["headrace_api"]
        assert isinstance(api, ServiceProcess)
        return api.api_url

    async def stop(self, module: str) -> None:
        process = self.running[module]
        process.signal(signal.SIGTERM)
        if isinstance(process, ServiceProcess):
            assert await asyncio.to_thread(process.wait) == 0, process.log[-3000:]
        else:
            assert await process.ended(timeout_s=30) == 0, process.log[-3000:]


@asynccontextmanager
async def loading(load: Load) -> AsyncIterator[None]:
    """The load, while the block runs; an error of it is one of the block."""
    async with asyncio.TaskGroup() as group:
        group.create_task(load.run())
        yield
        load.enough = True


async def seen_through(record: Pool, load: Load, *, by: str | None = None, since: int | None = None) -> None:
    """``SOME`` jobs accepted from now on, or after the first ``since`` ones, are completed, ``by`` an agent."""
    first = len(load.accepted) if since is None else since
    await until(
        lambda: record.fetchval(
            "SELECT count(*) FROM jobs WHERE id = ANY ($1::uuid[]) AND state = 'completed'"
            " AND ($2::text IS NULL OR agent = $2)",
            [job for job, _ in load.accepted[first:]],
            by,
        ),
        lambda count: count >= SOME,
        timeout_s=120,
        what=f"{SOME} jobs (by {by})",
    )


async def claimed(session: aiohttp.ClientSession, origin: str) -> tuple[str, str]:
    headers = {"Authorization": f"Bearer {AGENT_TOKEN}", "x-agent-id": "machine"}
    async with session.post(f"{origin}/radiance/airunner/agent/claim", headers=headers) as answer:
        body = await answer.json()
        assert answer.status == 200, body
        return body["result"]["id"], body["result"]["claim_token"]


async def gave_back(session: aiohttp.ClientSession, origin: str, held: tuple[str, str]) -> int:
    headers = {"Authorization": f"Bearer {AGENT_TOKEN}", "x-agent-id": "machine", "x-claim-token": held[1]}
    async with session.post(
        f"{origin}/radiance/airunner/agent/return/{held[0]}", json={"data": {"by": "hand"}}, headers=headers
    ) as answer:
        return answer.status


@pytest.mark.timeout(300)  # six processes start, and three end
async def test_the_version_before_runs_on_the_new_schema_and_hands_over(
    tmp_path: Path, nats_url: str, empty_database: str, bucket: S3Access
) -> None:
    (notes := tmp_path / "notes").mkdir()
    path = unpacked(tmp_path / "previous")
    assert "applied 0003" in migrate(empty_database, path)
    env = service_env(nats_url, empty_database, bucket)
    timeout = aiohttp.ClientTimeout(total=20)
    async with (
        pool_of(empty_database) as record,
        aiohttp.ClientSession(timeout=timeout) as session,
        AsyncExitStack() as stack,
    ):
        await record.execute(AUDIT)
        old = Version(
            name="old", env={**env, "PYTHONPATH": path}, folder=tmp_path, python_path=path, stack=stack
        )
        new = Version(name="new", env=env, folder=tmp_path, python_path="", stack=stack)
        await old.start()
        load = Load(session=session, folder=notes, origins=[old.origin])
        # Two that are under way all the time: one at an agent, one at a machine that speaks REST.
        gated = await load.submit(old.origin, f"{notes} gate")
        await until(lambda: asyncio.to_thread((notes / str(gated)).exists), what="the long run")
        by_hand = await load.submit(old.origin, "by hand", model="image-generation")
        assert by_hand is not None
        held = await claimed(session, old.origin)
        assert UUID(held[0]) == by_hand
        async with loading(load):
            await seen_through(record, load)
            said = await asyncio.to_thread(migrate, empty_database)
            assert said.count("applied") == len(migrations()) - 3
            await seen_through(record, load)
            begun = len(load.accepted)
            await new.start()
            load.origins.append(new.origin)
            await seen_through(record, load, by="old", since=begun)
            await seen_through(record, load, by="new", since=begun)
            # In the order of docs/upgrading.md.
            await old.stop("headrace_dispatcher")
            await seen_through(record, load)
            load.origins.remove(old.origin)
            await old.stop("headrace_api")
            (notes / "go").touch()
            await old.stop("headrace_agent")
            await seen_through(record, load, by="new")
        # What was claimed from the old API is returned to the new one.
        assert await gave_back(session, new.origin, held) == 200
        await everything_ended_once(record, load, notes, gated)


def notes_in(folder: Path) -> dict[str, list[str]]:
    """Who ran each job, and which attempt of it."""
    return {path.name: path.read_text().splitlines() for path in folder.iterdir() if path.name != "go"}


async def everything_ended_once(record: Pool, load: Load, notes: Path, gated: UUID | None) -> None:
    assert load.refused == []
    jobs = [job for job, _ in load.accepted]
    await until(
        lambda: record.fetchval("SELECT count(*) FROM jobs WHERE state <> 'completed'"),
        lambda count: count == 0,
        timeout_s=120,
        what="the end of all jobs",
    )
    rows = await record.fetch("SELECT id, attempt, agent FROM jobs")
    assert {row["id"] for row in rows} == set(jobs)
    ends = await record.fetch("SELECT job_id, before, after FROM ended")
    assert sorted(row["job_id"] for row in ends) == sorted(jobs)
    assert {row["after"] for row in ends} == {"completed"}
    # Not even an attempt was lost, and nothing ran twice.
    assert {row["attempt"] for row in rows} == {1}
    assert await record.fetchval("SELECT count(*) FROM attempts WHERE outcome <> 'handed_back'") == 0
    runs = notes_in(notes)
    assert len(runs) == len(jobs) - 1
    again = {job: lines for job, lines in runs.items() if len(lines) > 1}
    handed_back = await record.fetchval("SELECT count(*) FROM attempts")
    assert sum(len(lines) - 1 for lines in again.values()) <= handed_back, again
    assert runs[str(gated)] == ["old 1"]
