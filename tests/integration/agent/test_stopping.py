"""Ends that somebody else decides: cancels, timeouts, drains, forced stops, lost leases. Nothing stays behind."""

from __future__ import annotations

import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.agent_process import AgentProcess, agent_process, alive
from tests.support.small_dispatcher import SmallDispatcher, small_dispatcher, until

from headrace_contracts.messages.agents import Attempt
from headrace_contracts.messages.events import Completed, Failed, FailureCode, HandedBack
from headrace_runtime.jetstream.client import JetStream


@pytest.fixture
async def dispatcher(js: JetStream) -> AsyncIterator[SmallDispatcher]:
    async with small_dispatcher(js) as dispatcher:
        yield dispatcher


@pytest.fixture
async def agent(dispatcher: SmallDispatcher, nats_url: str, tmp_path: Path) -> AsyncIterator[AgentProcess]:
    async with agent_process(tmp_path, nats_url=nats_url) as agent:
        yield agent


async def pids(path: Path) -> list[int]:
    """The processes of a handler that runs, as it wrote them down."""
    file = Path(f"{path}.pid")
    text = await until(lambda: file.exists() and file.read_text())
    return [int(pid) for pid in text.split()]


async def gone(found: list[int], timeout_s: float) -> float:
    began = time.monotonic()
    await until(lambda: not any(alive(pid) for pid in found), timeout_s=timeout_s)
    return time.monotonic() - began


async def instance(dispatcher: SmallDispatcher) -> str:
    await until(lambda: dispatcher.heartbeats)
    return dispatcher.heartbeats[-1].instance


@pytest.mark.parametrize("model", ["wait", "hang"])
async def test_a_cancelled_run_ends_within_five_seconds_and_says_nothing(
    dispatcher: SmallDispatcher, agent: AgentProcess, tmp_path: Path, model: str
) -> None:
    job = await dispatcher.add(model, {"path": str(tmp_path / "go")})
    attempt = await dispatcher.running(job)
    found = await pids(tmp_path / "go")
    began = time.monotonic()
    await dispatcher.stop(await instance(dispatcher), attempt)
    await dispatcher.empty(timeout_s=5)
    assert time.monotonic() - began < 5
    if model == "hang":  # its worker and its child; the worker of «wait» lives on for the next job
        await gone(found, 1)
    assert dispatcher.of(job, object) == []
    assert isinstance(await dispatcher.outcome(await dispatcher.add("echo")), Completed)


@pytest.mark.parametrize("model", ["wait", "hang"])
async def test_a_run_that_takes_too_long_fails_with_timeout(
    dispatcher: SmallDispatcher, agent: AgentProcess, tmp_path: Path, model: str
) -> None:
    job = await dispatcher.add(model, {"path": str(tmp_path / "go")}, timeout_s=1)
    found = await pids(tmp_path / "go")
    event = await dispatcher.outcome(job, timeout_s=8)
    assert isinstance(event, Failed)
    assert event.code is FailureCode.TIMEOUT
    assert event.reason == "the run took longer than 1 s"
    if model == "hang":
        await gone(found, 1)
    await dispatcher.empty()


async def test_an_attempt_that_the_dispatcher_disowns_is_ended(
    dispatcher: SmallDispatcher, agent: AgentProcess, tmp_path: Path
) -> None:
    job = await dispatcher.add("hang", {"path": str(tmp_path / "go")})
    attempt = await dispatcher.running(job)
    found = await pids(tmp_path / "go")
    dispatcher.stop_by_heartbeat.append(attempt)
    await gone(found, 8)
    # Somebody else may hold the message: it is neither acked nor given back.
    assert dispatcher.events == []
    assert await dispatcher.waiting() == 1


async def test_sigterm_drains(dispatcher: SmallDispatcher, agent: AgentProcess, tmp_path: Path) -> None:
    job = await dispatcher.add("wait", {"path": str(tmp_path / "go")})
    await pids(tmp_path / "go")
    agent.signal(signal.SIGTERM)
    await until(lambda: dispatcher.heartbeats[-1].draining)
    late = await dispatcher.add("echo")
    (tmp_path / "go").touch()
    assert await agent.ended() == 0
    assert isinstance(await dispatcher.outcome(job), Completed)
    assert dispatcher.of(late, object) == []
    assert await dispatcher.waiting() == 1
    assert [goodbye.agent for goodbye in dispatcher.goodbyes] == ["agent"]


async def test_an_idle_agent_ends_at_once(dispatcher: SmallDispatcher, agent: AgentProcess) -> None:
    await until(lambda: dispatcher.heartbeats)
    began = time.monotonic()
    agent.signal(signal.SIGTERM)
    assert await agent.ended() == 0
    assert time.monotonic() - began < 3


async def test_an_agent_that_waits_for_nats_ends_at_once(tmp_path: Path) -> None:
    async with agent_process(tmp_path) as agent:
        await until(lambda: "nats.wait" in agent.log)
        agent.signal(signal.SIGTERM)
        assert await agent.ended(5) == 0


async def test_a_second_signal_hands_back_at_once(
    dispatcher: SmallDispatcher, agent: AgentProcess, nats_url: str, tmp_path: Path
) -> None:
    job = await dispatcher.add("hang", {"path": str(tmp_path / "go")})
    found = await pids(tmp_path / "go")
    agent.signal(signal.SIGTERM)
    await until(lambda: "agent.drain" in agent.log)
    agent.signal(signal.SIGTERM)
    assert await agent.ended(5) == 143
    assert isinstance(await dispatcher.outcome(job), HandedBack)
    await gone(found, 1)
    # Another agent has it right away, not after the ack wait.
    async with agent_process(tmp_path, nats_url=nats_url, name="other"):
        await until(lambda: sum(a.id == job for a in dispatcher.started) == 2, timeout_s=5)
        assert [a.fence for a in dispatcher.started] == [(1 << 20) | 1, (1 << 20) | 2]


async def test_a_drain_that_takes_too_long_hands_back(
    dispatcher: SmallDispatcher, nats_url: str, tmp_path: Path
) -> None:
    env = {"HEADRACE_AGENT_DRAIN_TIMEOUT_S": "0.5"}
    async with agent_process(tmp_path, nats_url=nats_url, env=env) as agent:
        job = await dispatcher.add("wait", {"path": str(tmp_path / "go")})
        await pids(tmp_path / "go")
        agent.signal(signal.SIGTERM)
        assert await agent.ended(6) == 143
        assert isinstance(await dispatcher.outcome(job), HandedBack)


async def test_a_killed_agent_leaves_no_worker(
    dispatcher: SmallDispatcher, agent: AgentProcess, tmp_path: Path
) -> None:
    await dispatcher.add("wait", {"path": str(tmp_path / "go")})
    [worker] = await pids(tmp_path / "go")
    agent.signal(signal.SIGKILL)
    await agent.ended()
    await gone([worker], 2)


async def test_an_agent_that_was_stopped_longer_than_its_lease_reports_nothing(
    dispatcher: SmallDispatcher, agent: AgentProcess, nats_url: str, tmp_path: Path
) -> None:
    job = await dispatcher.add("hang", {"path": str(tmp_path / "go")})
    found = await pids(tmp_path / "go")
    agent.signal(signal.SIGSTOP)
    try:
        async with agent_process(tmp_path, nats_url=nats_url, name="other"):
            # Its lease runs out and the job goes to the other one.
            await until(lambda: sum(a.id == job for a in dispatcher.started) == 2, timeout_s=25)
            agent.signal(signal.SIGCONT)
            await gone(found, 4)
            await until(lambda: "agent.fence" in agent.log)
            assert dispatcher.of(job, object) == []
    finally:
        agent.signal(signal.SIGCONT)


async def test_a_stop_for_an_attempt_that_is_not_here_changes_nothing(
    dispatcher: SmallDispatcher, agent: AgentProcess, tmp_path: Path
) -> None:
    job = await dispatcher.add("wait", {"path": str(tmp_path / "go")})
    attempt = await dispatcher.running(job)
    await pids(tmp_path / "go")
    await dispatcher.stop(await instance(dispatcher), Attempt(id=job, fence=attempt.fence - 1))
    (tmp_path / "go").touch()
    assert isinstance(await dispatcher.outcome(job), Completed)
