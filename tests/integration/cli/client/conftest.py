"""Both clients before a real API, under one roof; and an agent for those tests that want their jobs run."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.support.agent_process import ROOT
from tests.support.record import pool_of
from tests.support.site import Site, SiteAccount

from headrace import AsyncClient, Client
from headrace.client.events import Event
from headrace_contracts.jobs.state import FINAL


class Caller:
    """One of the two clients; the blocking one in a thread, so that the test's own servers go on."""

    def __init__(self, client: Client | AsyncClient) -> None:
        self.client = client

    async def __call__(self, name: str, *args: Any, **options: Any) -> Any:
        call = getattr(self.client, name)
        if isinstance(self.client, AsyncClient):
            return await call(*args, **options)
        return await asyncio.to_thread(call, *args, **options)

    async def events(
        self, job_id: str | None = None, *, after: str | None = None, until: Callable[[Event], bool]
    ) -> list[Event]:
        """Those up to the one that ``until`` wants, or to the end of the stream."""
        heard: list[Event] = []
        if isinstance(self.client, AsyncClient):
            async for event in self.client.events(job_id, after=after):
                heard.append(event)
                if until(event):
                    break
            return heard
        loop, client = asyncio.get_running_loop(), self.client

        async def judge(event: Event) -> bool:
            return until(event)

        def hear() -> None:
            for event in client.events(job_id, after=after):
                heard.append(event)
                # Judged in the loop, where it may touch the test's servers.
                if asyncio.run_coroutine_threadsafe(judge(event), loop).result():
                    break

        await asyncio.to_thread(hear)
        return heard


class Callers:
    """Makes clients of one kind, and closes them."""

    def __init__(self, kind: type[Client | AsyncClient], site: Site) -> None:
        self.kind = kind
        self._site = site
        self.stack = AsyncExitStack()

    def to(self, account: SiteAccount | str, url: str | None = None) -> Caller:
        """``account``: one, or a key."""
        key = account if isinstance(account, str) else account.native_key
        client = self.kind(url or self._site.url, key)
        if isinstance(client, AsyncClient):
            self.stack.push_async_callback(client.close)
        else:
            self.stack.callback(client.close)
        return Caller(client)


@pytest.fixture(params=[Client, AsyncClient], ids=["sync", "async"])
async def callers(request: pytest.FixtureRequest, site: Site) -> AsyncIterator[Callers]:
    made = Callers(request.param, site)
    async with made.stack:
        yield made


@pytest.fixture
async def account(site: Site) -> AsyncIterator[SiteAccount]:
    """An account of the test's own. What it leaves in the queue is out of the way of other tests."""
    made = await site.account()
    yield made
    async with pool_of(site.record_url) as pool:
        await pool.execute(
            "UPDATE jobs SET state = 'cancelled', finished_at = now()"
            " WHERE account_id = $1 AND state <> ALL ($2::text[])",
            made.id,
            [str(state) for state in FINAL],
        )


@pytest.fixture
async def call(callers: Callers, account: SiteAccount) -> Caller:
    """``await call("submit", ...)`` with the account's key."""
    return callers.to(account)


@pytest.fixture(scope="module")
def agent(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An agent with the handlers of ``client_handlers``, for this file: other tests want to see jobs wait."""
    folder: Path = tmp_path_factory.mktemp("agent")
    settings = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HEADRACE_NATS_URL": site.nats_url,
        "HEADRACE_AGENT_ID": "client-tests",
        "HEADRACE_AGENT_SLOTS": "2",
        "HEADRACE_AGENT_HANDLERS": "tests.support.client_handlers",
        "HEADRACE_AGENT_WORK_DIR": str(folder / "work"),
    }
    with (folder / "agent.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "headrace_agent"], env=settings, stdout=log, stderr=log
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        print((folder / "agent.log").read_text())  # noqa: T201 - shown when a test fails
