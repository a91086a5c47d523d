"""Whatever a handler has started, nothing of it outlives its run: not even a daemon (DESIGN, promise 6)."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.support.agent_process import AgentProcess, agent_process, alive
from tests.support.small_dispatcher import SmallDispatcher, small_dispatcher, until

from headrace_contracts.messages.events import Completed, Failed, FailureCode
from headrace_runtime.jetstream.client import JetStream

#: From the moment in which the agent hears it.
WITHIN_S = 5.0


@pytest.fixture
async def dispatcher(js: JetStream) -> AsyncIterator[SmallDispatcher]:
    async with small_dispatcher(js) as dispatcher:
        yield dispatcher


@pytest.fixture
async def agent(dispatcher: SmallDispatcher, nats_url: str, tmp_path: Path) -> AsyncIterator[AgentProcess]:
    async with agent_process(tmp_path, nats_url=nats_url, slots=1) as agent:
        yield agent


@pytest.fixture(autouse=True)
def cleared(tmp_path: Path) -> Iterator[None]:
    """A test that fails leaves nothing either."""
    yield
    file = tmp_path / "go.pid"
    for pid in left([int(pid) for pid in file.read_text().split()] if file.exists() else []):
        os.kill(pid, signal.SIGKILL)


async def brood(dispatcher: SmallDispatcher, path: Path, kind: str, timeout_s: float = 60.0) -> list[int]:
    """Run the handler; its process and those that it has started."""
    await dispatcher.add("brood", {"path": str(path), "text": kind}, timeout_s=timeout_s)
    file = Path(f"{path}.pid")
    text = await until(lambda: file.exists() and file.read_text())
    found = [int(pid) for pid in text.split()]
    assert len(found) == 4
    return found


def left(found: list[int]) -> list[int]:
    return [pid for pid in found if alive(pid)]


@pytest.mark.parametrize("kind", ["polite", "stubborn"])
async def test_of_a_cancelled_run_nothing_is_left(
    dispatcher: SmallDispatcher, agent: AgentProcess, tmp_path: Path, kind: str
) -> None:
    found = await brood(dispatcher, tmp_path / "go", kind)
    assert left(found) == found
    assert os.getsid(found[3]) not in {os.getsid(pid) for pid in found[:3]}, "no daemon"
    await until(lambda: dispatcher.heartbeats)
    heard_at = time.monotonic()
    await dispatcher.stop(dispatcher.heartbeats[-1].instance, dispatcher.started[0])
    await dispatcher.empty(timeout_s=WITHIN_S)
    assert left(found) == [], "the job was let go before its processes were gone"
    assert time.monotonic() - heard_at < WITHIN_S
    assert isinstance(await dispatcher.outcome(await dispatcher.add("echo")), Completed)


async def test_of_a_run_over_its_time_nothing_is_left(
    dispatcher: SmallDispatcher, agent: AgentProcess, tmp_path: Path
) -> None:
    found = await brood(dispatcher, tmp_path / "go", "stubborn", timeout_s=2.0)
    event = await dispatcher.outcome(dispatcher.started[0].id, timeout_s=2.0 + WITHIN_S)
    assert isinstance(event, Failed)
    assert event.code is FailureCode.TIMEOUT
    assert left(found) == []


async def test_of_a_handler_that_crashed_nothing_is_left(
    dispatcher: SmallDispatcher, agent: AgentProcess, tmp_path: Path
) -> None:
    found = await brood(dispatcher, tmp_path / "go", "crash")
    event = await dispatcher.outcome(dispatcher.started[0].id)
    assert isinstance(event, Failed)
    assert "SIGSEGV" in event.reason
    await until(lambda: not left(found), timeout_s=2)


@pytest.mark.parametrize("kind", ["stubborn", "leave"])
async def test_of_a_killed_agent_nothing_is_left(
    dispatcher: SmallDispatcher, agent: AgentProcess, tmp_path: Path, kind: str
) -> None:
    found = await brood(dispatcher, tmp_path / "go", kind)
    if kind == "leave":  # what a completed run leaves is its worker's, and ends with it
        await dispatcher.outcome(dispatcher.started[0].id)
    agent.signal(signal.SIGKILL)
    await agent.ended()
    await until(lambda: not left(found), timeout_s=2)


async def test_of_an_agent_that_ends_nothing_is_left(
    dispatcher: SmallDispatcher, agent: AgentProcess, tmp_path: Path
) -> None:
    found = await brood(dispatcher, tmp_path / "go", "leave")
    assert isinstance(await dispatcher.outcome(dispatcher.started[0].id), Completed)
    agent.signal(signal.SIGTERM)
    assert await agent.ended() == 0
    assert left(found) == []
