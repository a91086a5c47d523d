"""An agent that loses NATS ends its runs while their leases still hold, and says nothing of them later."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.agent_process import AgentProcess, agent_process, alive
from tests.support.cable import Cable, cable
from tests.support.small_dispatcher import SmallDispatcher, small_dispatcher, until

from headrace_contracts.limits import ACK_WAIT_S
from headrace_contracts.messages.events import Completed
from headrace_runtime.jetstream.client import JetStream


@pytest.fixture
async def dispatcher(js: JetStream) -> AsyncIterator[SmallDispatcher]:
    async with small_dispatcher(js) as dispatcher:
        yield dispatcher


@pytest.fixture
async def wire(nats_url: str) -> AsyncIterator[Cable]:
    async with cable(nats_url) as wire:
        yield wire


@pytest.fixture
async def agent(dispatcher: SmallDispatcher, wire: Cable, tmp_path: Path) -> AsyncIterator[AgentProcess]:
    async with agent_process(tmp_path, nats_url=wire.url, slots=1) as agent:
        yield agent


async def test_an_agent_that_loses_nats_ends_its_run_and_says_nothing_of_it(
    dispatcher: SmallDispatcher, wire: Cable, agent: AgentProcess, tmp_path: Path
) -> None:
    job = await dispatcher.add("chatter", {"path": str(tmp_path / "go")})
    attempt = await dispatcher.running(job)
    file = tmp_path / "go.pid"
    pid = int(await until(lambda: file.exists() and file.read_text()))
    await until(lambda: dispatcher.of(job, object))
    # It is cut right after a keep-alive, so that the run has all of its time.
    beats = len(dispatcher.heartbeats)
    await until(lambda: len(dispatcher.heartbeats) > beats)
    wire.cut()
    cut_at = time.monotonic()
    told = len(dispatcher.of(job, object))
    assert alive(pid)
    await until(lambda: not alive(pid), timeout_s=ACK_WAIT_S)
    took_s = time.monotonic() - cut_at
    print(json.dumps({"ended_after_s": round(took_s, 2)}))  # noqa: T201 - the figure of interest
    assert took_s < ACK_WAIT_S, "another agent may have had the job while this one still ran it"
    assert "agent.fence" in agent.log
    assert await dispatcher.waiting() == 1, "it acked a job that it did not do"

    (tmp_path / "go").touch()  # the next attempt ends at once
    wire.mend()
    # What it sends from now on comes after all that it kept.
    last = await dispatcher.outcome(await dispatcher.add("echo"), timeout_s=30)
    assert isinstance(last, Completed)
    late = [event for event in dispatcher.of(job, object)[told:] if event.fence == attempt.fence]  # type: ignore[attr-defined] # all events have one
    assert late == []
    # Its message was left to the lease, so that the job comes again.
    again = await dispatcher.outcome(job, timeout_s=30)
    assert isinstance(again, Completed)
    assert again.fence == attempt.fence + 1
