"""Two APIs and two dispatchers side by side; one of each is killed in the middle of a load (DESIGN, promises 1, 2)."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import aiohttp
import pytest
from tests.support.live_stack import LiveStack, live_stack
from tests.support.receiver import receiving
from tests.support.service_process import ServiceProcess, service, service_env
from tests.support.waiting import until

JOBS = 600
BATCH = 10
KILL_AFTER = 200
SENDERS = 4


@dataclass(kw_only=True)
class Load:
    """Batches of no-op jobs, sent to all APIs in turn; one that fails is sent again to the next."""

    session: aiohttp.ClientSession
    origins: Iterator[str]
    webhook_url: str
    acknowledged: set[UUID] = field(default_factory=set)
    failures: int = 0
    killed: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, numbers: Iterator[int]) -> None:
        for number in numbers:
            jobs: list[dict[str, object]] = [
                {"model": "noop", "payload": {"n": number + i}, "webhook_url": self.webhook_url}
                for i in range(BATCH)
            ]
            while not await self._batch(jobs):
                self.failures += 1

    async def _batch(self, jobs: list[dict[str, object]]) -> bool:
        url = f"{next(self.origins)}/airunner/submit/batch"
        try:
            async with self.session.post(url, json={"jobs": jobs}) as answer:
                body = await answer.json(content_type=None)
                if answer.status == 503:
                    await asyncio.sleep(0.1)
                    return False
                assert answer.status == 200, body
        except (aiohttp.ClientError, json.JSONDecodeError):
            return False
        assert body["result"]["failed"] == 0, body
        self.acknowledged |= {UUID(job["id"]) for job in body["result"]["jobs"]}
        return True


@pytest.mark.timeout(240)  # what a dead dispatcher had fetched comes again after 30 s
async def test_one_of_each_dies_and_every_job_completes_once(tmp_path: Path) -> None:
    with live_stack(tmp_path, "--agents", "1", "--slots", "4", env={"HEADRACE_ENABLE_NOOP": "true"}) as stack:
        env = service_env(stack.dev["nats_url"], stack.postgres_url, stack.s3)
        env |= {
            "HEADRACE_NATS_USER": stack.dev["nats_user"],
            "HEADRACE_NATS_PASSWORD": stack.dev["nats_password"],
        }
        env["HEADRACE_WEBHOOK_SECRET"] = stack.secrets.webhook_secret
        with (
            service("headrace_dispatcher", env, tmp_path / "dispatcher-2.log") as dispatcher,
            service("headrace_api", env, tmp_path / "api-2.log") as api,
        ):
            await _under_load(stack, api, dispatcher)


async def _under_load(stack: LiveStack, api: ServiceProcess, dispatcher: ServiceProcess) -> None:
    timeout = aiohttp.ClientTimeout(total=20)
    async with receiving() as receiver, aiohttp.ClientSession(timeout=timeout) as session:
        load = Load(
            session=session,
            origins=itertools.cycle([stack.origin, f"{api.api_url}/radiance"]),
            webhook_url=receiver.url("/webhook"),
        )
        numbers = iter(range(0, JOBS, BATCH))
        async with asyncio.TaskGroup() as senders:
            for _ in range(SENDERS):
                senders.create_task(load.send(numbers))
            senders.create_task(_kill(load, api, dispatcher))
        assert load.killed.is_set()
        assert load.failures > 0, "the dead API was asked, or this proves nothing"
        assert len(load.acknowledged) == JOBS

        # A batch whose answer was lost with the API may be there too: those jobs complete as well.
        states = await until(
            lambda: _states(stack),
            lambda found: set(found) == {"completed"},
            timeout_s=60,
            every_s=0.2,
            what="the end of all jobs",
        )
        total = states["completed"]
        assert JOBS <= total <= JOBS + SENDERS * BATCH

        ids = await stack.rows("SELECT id, attempt FROM jobs")
        assert {UUID(int=row["id"].int) for row in ids} >= load.acknowledged
        assert {row["attempt"] for row in ids} == {1}
        await until(
            lambda: _told(receiver.ids()), lambda told: told >= total, timeout_s=40, what="the webhooks"
        )
        told = {
            hook.webhook_id: (json.loads(hook.body)["job"]["id"], json.loads(hook.body)["event"])
            for hook in receiver.requests
        }
        assert Counter(told.values()) == Counter({(str(row["id"]), "job.completed"): 1 for row in ids})


async def _kill(load: Load, *victims: ServiceProcess) -> None:
    await until(lambda: _count(load), lambda count: count >= KILL_AFTER, every_s=0.002, what="the load")
    for victim in victims:
        os.kill(victim.pid, signal.SIGKILL)
    load.killed.set()


async def _count(load: Load) -> int:
    return len(load.acknowledged)


async def _told(ids: Counter[str]) -> int:
    return len(ids)


async def _states(stack: LiveStack) -> Counter[str]:
    rows = await stack.rows("SELECT state, count(*) AS n FROM jobs GROUP BY state")
    return Counter({row["state"]: row["n"] for row in rows})
