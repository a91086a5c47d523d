"""Claims of auralis workers over time and over replicas."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from tests.contract.auralis.desk import Auralis
from tests.support.servers import S3Access
from tests.support.service_process import service
from tests.support.site import site
from tests.support.waiting import until

_LEASE_S = 3.0


@pytest.fixture
async def replicas(
    nats_url: str, record_url: str, bucket: S3Access, tmp_path: Path
) -> AsyncIterator[tuple[Auralis, Auralis]]:
    """One user at two API processes, where claims soon lapse."""
    env = {"HEADRACE_REST_LEASE_S": str(_LEASE_S), "HEADRACE_RATE_LIMIT_FACTOR": "100"}
    async with AsyncExitStack() as stack:
        first = stack.enter_context(
            site(tmp_path, nats_url=nats_url, record_url=record_url, bucket=bucket, env=env)
        )
        second = stack.enter_context(service("headrace_api", first.env, tmp_path / "second.log"))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        account = await first.account()
        one, other = (
            Auralis(origin=f"{url}/auralis", session=session, account=account)
            for url in (first.url, second.api_url)
        )
        yield one, other


async def _status(auralis: Auralis, job: str) -> str:
    return str((await auralis.mine(f"/api/jobs/{job}")).body["status"])


async def test_output_and_outcome_may_go_to_different_replicas(replicas: tuple[Auralis, Auralis]) -> None:
    one, other = replicas
    job, token = await one.job(), await other.worker()
    assert (await other.claim(job, token)).status == 200
    assert (await one.hand_in(job, token, b"made here")).status == 200
    assert (await other.say(job, token, "COMPLETED")).status == 200
    url = (await one.mine(f"/api/jobs/{job}/download-url")).body["download_url"]
    async with one.session.get(url) as download:
        assert await download.read() == b"made here"


async def test_claim_of_a_silent_worker_lapses(replicas: tuple[Auralis, Auralis]) -> None:
    auralis, _ = replicas
    job, silent, next_one = await auralis.job(), await auralis.worker(), await auralis.worker()
    assert (await auralis.claim(job, silent)).status == 200
    assert (await auralis.hand_in(job, silent, b"of the lost attempt")).status == 200
    await until(lambda: _status(auralis, job), lambda status: status == "PENDING", what="the lapse")
    assert (await auralis.say(job, silent, "RUNNING")).status == 404
    assert (await auralis.hand_in(job, silent, b"late")).status == 404
    assert job in await auralis.available(next_one)
    # The same machine may try again, and begins without what it left.
    assert (await auralis.claim(job, silent)).status == 200
    assert (await auralis.say(job, silent, "COMPLETED")).status == 200
    assert (await auralis.mine(f"/api/jobs/{job}")).body["output_url"] is None


async def test_every_call_of_a_worker_is_a_sign_of_life(replicas: tuple[Auralis, Auralis]) -> None:
    one, other = replicas
    job, token = await one.job(), await one.worker()
    assert (await one.claim(job, token)).status == 200
    end = asyncio.get_running_loop().time() + 2.5 * _LEASE_S
    while asyncio.get_running_loop().time() < end:
        await other.available(token)
        assert await _status(one, job) == "CLAIMED"
        await asyncio.sleep(_LEASE_S / 5)
    assert (await one.say(job, token, "RUNNING")).status == 200
