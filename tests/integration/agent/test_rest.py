"""The REST transport against the documented agent routes."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.agent_process import AgentProcess, agent_process, alive
from tests.support.small_dispatcher import until
from tests.support.small_radiance import TOKEN, SmallRadiance, small_radiance

from headrace_contracts.limits import INLINE_RESULT_BYTES


@pytest.fixture
async def api() -> AsyncIterator[SmallRadiance]:
    async with small_radiance() as api:
        yield api


def env(api: SmallRadiance, **more: str) -> dict[str, str]:
    return {
        "HEADRACE_AGENT_TRANSPORT": "rest",
        "HEADRACE_AGENT_API_URL": api.origin,
        "HEADRACE_AGENT_TOKEN": TOKEN,
        "HEADRACE_AGENT_POLL_S": "0.2",
    } | more


@pytest.fixture
async def agent(api: SmallRadiance, tmp_path: Path) -> AsyncIterator[AgentProcess]:
    async with agent_process(tmp_path, env=env(api)) as agent:
        yield agent


async def test_jobs_are_claimed_run_and_returned(api: SmallRadiance, agent: AgentProcess) -> None:
    echo = api.add("echo", {"text": "hello"})
    loud = api.add("shout", body=b"whisper " * 100_000)
    noop = api.add("noop", {"n": 1})
    other = api.add("image-classification")
    await until(lambda: {job.state for job in (echo, loud, noop)} == {"completed"})
    assert (echo.data["text"], echo.data["job"], echo.agent) == ("hello", echo.id, "agent")
    assert echo.meta["agent"] == "agent"
    assert echo.meta["model_version"] == "echo-1"
    assert loud.file == ("loud.txt", b"WHISPER " * 100_000)
    assert loud.data["mime"] == "text/plain"
    assert noop.data == {"ok": True, "echo": {"n": 1}}
    assert other.state == "queued"
    assert api.claims[0]["x-agent-platform"].startswith("linux-")
    assert "echo" in api.claims[0]["x-agent-models"].split(",")
    # Its results are several files, and a return carries one.
    assert "several" not in api.claims[0]["x-agent-models"].split(",")
    assert "not served: several gives several result files" in agent.log


async def test_failures_and_large_results(api: SmallRadiance, agent: AgentProcess) -> None:
    crash, refuse = api.add("crash"), api.add("refuse", {"text": "it"})
    large = api.add("large", {"number": INLINE_RESULT_BYTES + 1000})
    await until(
        lambda: "queued" not in {j.state for j in api.jobs} and "running" not in {j.state for j in api.jobs}
    )
    assert crash.reason is not None
    assert "exit status 7" in crash.reason
    assert refuse.reason == "can't do it"
    assert len(large.data["big"]) == INLINE_RESULT_BYTES + 1000


async def test_an_outcome_waits_for_an_api_that_is_away(api: SmallRadiance, agent: AgentProcess) -> None:
    api.failing = [503, 500]
    job = api.add("echo")
    await until(lambda: job.state == "completed")
    assert "agent.outcome.wait" in agent.log


async def test_a_claim_that_is_lost_ends_the_run(
    api: SmallRadiance, agent: AgentProcess, tmp_path: Path
) -> None:
    job = api.add("hang", {"path": str(tmp_path / "go")})
    file = tmp_path / "go.pid"
    found = [int(pid) for pid in (await until(lambda: file.exists() and file.read_text())).split()]
    await until(lambda: job.heartbeats > 0)
    job.claim_token = "somebody else's"
    await until(lambda: not any(alive(pid) for pid in found), timeout_s=9)
    assert job.state == "running"


async def test_drain_and_forced_stop(api: SmallRadiance, tmp_path: Path) -> None:
    job = api.add("wait", {"path": str(tmp_path / "go")})
    async with agent_process(tmp_path, env=env(api)) as agent:
        await until((tmp_path / "go.pid").exists)
        agent.signal(signal.SIGTERM)
        await until(lambda: "agent.drain" in agent.log)
        late = api.add("echo")
        (tmp_path / "go").touch()
        assert await agent.ended() == 0
        assert (job.state, late.state) == ("completed", "queued")
    late.state = "cancelled"
    stuck = api.add("hang", {"path": str(tmp_path / "stuck")})
    async with agent_process(tmp_path, env=env(api)) as agent:
        await until((tmp_path / "stuck.pid").exists)
        agent.signal(signal.SIGTERM)
        await until(lambda: "agent.drain" in agent.log)
        agent.signal(signal.SIGTERM)
        assert await agent.ended() == 143
    assert api.handed_back == [stuck.id]


async def test_a_wrong_token_is_told_and_tried_again(api: SmallRadiance, tmp_path: Path) -> None:
    async with agent_process(tmp_path, env=env(api, HEADRACE_AGENT_TOKEN="wrong")) as agent:
        await until(lambda: "HTTP 401 Agent auth required" in agent.log)
        assert agent.process.returncode is None
