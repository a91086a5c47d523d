"""Which messages an agent takes, in which order, and how many."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.agent_process import agent_process, alive
from tests.support.servers import RealServer
from tests.support.small_dispatcher import SmallDispatcher, small_dispatcher, until

from headrace.embedded.nats import NatsServer
from headrace_contracts.jobs.lane import LINUX_ARM64, Lane
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.limits import ACK_WAIT_S
from headrace_contracts.messages.events import Completed
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.nats import connect
from headrace_runtime.settings import NatsSettings

PLATFORM = {"HEADRACE_AGENT_PLATFORM": LINUX_ARM64}


@pytest.fixture
async def dispatcher(js: JetStream) -> AsyncIterator[SmallDispatcher]:
    async with small_dispatcher(js) as dispatcher:
        yield dispatcher


async def test_strict_priority_over_all_lanes_then_age(
    dispatcher: SmallDispatcher, nats_url: str, tmp_path: Path
) -> None:
    added = []
    for priority in (Priority.LOW, Priority.NORMAL, Priority.HIGH, Priority.URGENT):
        for model in ("echo", "large"):
            for platform in ("any", LINUX_ARM64):
                job = await dispatcher.add(model, priority=priority, platform=platform, bell=False)
                added.append((priority, job))
    async with agent_process(tmp_path, nats_url=nats_url, slots=1, env=PLATFORM):
        await until(lambda: len(dispatcher.started) == len(added))
    of = {job: priority for priority, job in added}
    order = [of[attempt.id] for attempt in dispatcher.started]
    assert order == sorted(order, reverse=True)


async def test_an_urgent_job_overtakes_those_that_wait(
    dispatcher: SmallDispatcher, nats_url: str, tmp_path: Path
) -> None:
    async with agent_process(tmp_path, nats_url=nats_url, slots=1):
        running = await dispatcher.add("wait", {"path": str(tmp_path / "go")}, priority=Priority.LOW)
        await dispatcher.running(running)
        low = [await dispatcher.add("echo", priority=Priority.LOW) for _ in range(3)]
        urgent = await dispatcher.add("echo", priority=Priority.URGENT)
        (tmp_path / "go").touch()
        await until(lambda: len(dispatcher.started) == 5)
        assert [attempt.id for attempt in dispatcher.started] == [running, urgent, *low]


async def test_lanes_of_the_platform_and_of_any_take_turns(
    dispatcher: SmallDispatcher, nats_url: str, tmp_path: Path
) -> None:
    own = [await dispatcher.add("echo", platform=LINUX_ARM64, bell=False) for _ in range(4)]
    any_ = [await dispatcher.add("echo", platform="any", bell=False) for _ in range(4)]
    foreign = await dispatcher.add("echo", platform="linux-amd64")
    async with agent_process(tmp_path, nats_url=nats_url, slots=1, env=PLATFORM):
        await until(lambda: len(dispatcher.started) == 8)
        whose = [attempt.id in own for attempt in dispatcher.started]
        assert whose[::2] == [whose[0]] * 4
        assert whose[1::2] == [not whose[0]] * 4
        assert {attempt.id for attempt in dispatcher.started} == {*own, *any_}
        await until(lambda: len(dispatcher.events) >= 8)
        assert dispatcher.of(foreign, object) == []
        assert await dispatcher.waiting() == 1


async def test_no_message_is_taken_that_cant_start_now(
    dispatcher: SmallDispatcher, nats_url: str, tmp_path: Path
) -> None:
    async with agent_process(tmp_path, nats_url=nats_url, slots=2):
        jobs = [await dispatcher.add("wait", {"path": str(tmp_path / "go")}) for _ in range(6)]
        await until(lambda: len(dispatcher.started) == 2)
        consumer = Lane("any", "wait", Priority.NORMAL).consumer
        await dispatcher.ring({consumer: 4})
        beats = len(dispatcher.heartbeats)
        await until(lambda: len(dispatcher.heartbeats) > beats)
        info = await dispatcher.js.nc.jsm().consumer_info("WORK", consumer)
        assert (info.num_ack_pending, info.num_pending) == (2, 4)
        assert len(dispatcher.heartbeats[-1].running) == 2
        (tmp_path / "go").touch()
        for job in jobs:
            assert isinstance(await dispatcher.outcome(job), Completed)
        await dispatcher.empty()


async def test_a_lost_bell_costs_a_moment_only(
    dispatcher: SmallDispatcher, nats_url: str, tmp_path: Path
) -> None:
    async with agent_process(tmp_path, nats_url=nats_url):
        assert isinstance(await dispatcher.outcome(await dispatcher.add("echo")), Completed)
        late = await dispatcher.add("echo", bell=False)
        assert isinstance(await dispatcher.outcome(late, timeout_s=8), Completed)


async def test_only_the_chosen_models_are_served(
    dispatcher: SmallDispatcher, nats_url: str, tmp_path: Path
) -> None:
    env = {"HEADRACE_AGENT_MODELS": "echo, noop"}
    async with agent_process(tmp_path, nats_url=nats_url, env=env):
        other = await dispatcher.add("large")
        assert isinstance(await dispatcher.outcome(await dispatcher.add("echo")), Completed)
        await until(lambda: dispatcher.heartbeats)
        beat = dispatcher.heartbeats[-1]
        assert beat.pools == beat.models == ["echo", "noop"]
        assert beat.missing == {"absent": "needs a thing: install it"}
        assert dispatcher.of(other, object) == []


async def test_a_model_that_is_not_installed_is_refused_at_start(tmp_path: Path) -> None:
    async with agent_process(tmp_path, env={"HEADRACE_AGENT_MODELS": "absent"}) as agent:
        assert await agent.ended() == 2
        assert "absent" in agent.log
        assert "needs a thing: install it" in agent.log


async def test_work_goes_on_after_nats_was_restarted(
    own_nats: RealServer[NatsServer], tmp_path: Path
) -> None:
    nc = await connect(NatsSettings(nats_url=own_nats.program.url), "test")
    js = await JetStream.open(nc)
    url = own_nats.program.url
    async with small_dispatcher(js) as dispatcher, agent_process(tmp_path, nats_url=url, slots=3) as agent:
        job = await dispatcher.add("wait", {"path": str(tmp_path / "go")})
        await dispatcher.running(job)
        await own_nats.kill()
        # It ends while nobody hears it: the outcome waits in the agent.
        (tmp_path / "go").touch()
        await until(lambda: "agent.run.complete" in agent.log)
        await own_nats.start()
        event = await dispatcher.outcome(job)
        assert isinstance(event, Completed)
        assert len(dispatcher.started) == 1
        assert isinstance(await dispatcher.outcome(await dispatcher.add("echo")), Completed)
        await dispatcher.empty()
    await nc.close()


async def test_a_run_ends_itself_before_its_lease_can_lapse(
    own_nats: RealServer[NatsServer], tmp_path: Path
) -> None:

    nc = await connect(NatsSettings(nats_url=own_nats.program.url), "test")
    js = await JetStream.open(nc)
    async with (
        small_dispatcher(js) as dispatcher,
        agent_process(tmp_path, nats_url=own_nats.program.url) as agent,
    ):
        job = await dispatcher.add("hang", {"path": str(tmp_path / "go")})
        await dispatcher.running(job)
        pid_file = tmp_path / "go.pid"
        found = [
            int(pid) for pid in (await until(lambda: pid_file.exists() and pid_file.read_text())).split()
        ]
        await own_nats.stop()
        await until(lambda: not any(alive(pid) for pid in found), timeout_s=ACK_WAIT_S)
        assert "agent.fence" in agent.log
        await own_nats.start()
        # Nothing is told of the run that was ended; the message comes again.
        await until(lambda: len(dispatcher.started) == 2, timeout_s=30)
        assert dispatcher.of(job, object) == []
    await nc.close()
