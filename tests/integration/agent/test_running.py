"""Jobs run by a real agent process over a real NATS: outcomes, output, crashes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.support.agent_process import AgentProcess, agent_process
from tests.support.small_dispatcher import SmallDispatcher, small_dispatcher, until

from headrace_contracts.messages.events import Completed, Failed, FailureCode, Output, Progressed
from headrace_runtime.jetstream.client import JetStream


@pytest.fixture
async def dispatcher(js: JetStream) -> AsyncIterator[SmallDispatcher]:
    async with small_dispatcher(js) as dispatcher:
        yield dispatcher


@pytest.fixture
async def agent(dispatcher: SmallDispatcher, nats_url: str, tmp_path: Path) -> AsyncIterator[AgentProcess]:
    async with agent_process(tmp_path, nats_url=nats_url) as agent:
        yield agent


def result_of(event: object) -> Any:
    assert isinstance(event, Completed), event
    assert isinstance(event.result, msgspec.Raw)
    return msgspec.json.decode(event.result)


async def test_a_job_is_run_and_acked_and_its_worker_kept_warm(
    dispatcher: SmallDispatcher, agent: AgentProcess, tmp_path: Path
) -> None:
    first = await dispatcher.add("echo", {"text": "hello"})
    event = await dispatcher.outcome(first)
    result = result_of(event)
    assert result["text"] == "hello"
    assert result["job"] == str(first)
    assert result["attempt"] == 1
    assert result["pid"] != agent.pid
    assert event.fence == (1 << 20) | 1
    assert isinstance(event, Completed)
    assert event.finished_at >= event.started_at
    assert isinstance(event.meta, msgspec.Raw)
    meta = msgspec.json.decode(event.meta)
    assert meta["agent"] == "agent"
    assert meta["model_version"] == "echo-1"
    second = result_of(await dispatcher.outcome(await dispatcher.add("echo")))
    assert second["pid"] == result["pid"]
    await dispatcher.empty()
    # Nothing is left on the disk of the machine.
    await until(lambda: not [p for p in (tmp_path / "work").glob("*/*") if p.name != ".lock"])


async def test_noop_runs_in_the_agent_without_a_start(
    dispatcher: SmallDispatcher, agent: AgentProcess
) -> None:
    jobs = [await dispatcher.add("noop", {"n": n}) for n in range(20)]
    for number, job in enumerate(jobs):
        assert result_of(await dispatcher.outcome(job)) == {"ok": True, "echo": {"n": number}}
    assert dispatcher.start_requests == []
    await dispatcher.empty()


async def test_progress_and_output_come_in_order(dispatcher: SmallDispatcher, agent: AgentProcess) -> None:
    job = await dispatcher.add("talk", {"number": 50})
    assert isinstance(await dispatcher.outcome(job), Completed)
    chunks = dispatcher.of(job, Output)
    assert [chunk.seq for chunk in chunks] == list(range(len(chunks)))
    out = "".join(chunk.text for chunk in chunks if chunk.stream == "stdout")
    expected = "".join(f"line {n}\nprinted {n}\n" for n in range(50))
    assert out == expected
    assert "".join(chunk.text for chunk in chunks if chunk.stream == "stderr") == "to stderr\n"
    percents = [event.percent for event in dispatcher.of(job, Progressed)]
    assert percents == sorted(percents)
    # All output is told before the outcome.
    assert isinstance(dispatcher.events[-1], Completed)


@pytest.mark.parametrize(
    ("model", "payload", "code", "reason"),
    [
        ("refuse", {"text": "this"}, FailureCode.HANDLER, "can't do this"),
        ("blunder", {}, FailureCode.HANDLER, "KeyError: 'a mistake of the handler'"),
        ("echo", {"number": -1}, FailureCode.HANDLER, "Field 'number' must be between 0 and 1000000"),
        ("crash", {"text": "exit"}, FailureCode.CRASH, "exit status 7; its last output:\nthe last words"),
        ("crash", {"text": "segfault"}, FailureCode.CRASH, "SIGSEGV; its last output:\nthe last words"),
        ("crash", {"text": "kill"}, FailureCode.CRASH, "SIGKILL (most likely out of memory)"),
    ],
)
async def test_failures_say_why_and_leave_the_agent_working(
    dispatcher: SmallDispatcher,
    agent: AgentProcess,
    model: str,
    payload: dict[str, Any],
    code: FailureCode,
    reason: str,
) -> None:
    event = await dispatcher.outcome(await dispatcher.add(model, payload))
    assert isinstance(event, Failed)
    assert event.code is code
    assert reason in event.reason
    assert "Traceback" not in event.reason
    assert result_of(await dispatcher.outcome(await dispatcher.add("echo")))["text"] == "x"
    await dispatcher.empty()


async def test_a_message_that_cant_be_read_is_ended(dispatcher: SmallDispatcher, agent: AgentProcess) -> None:
    await dispatcher.add("echo")
    await dispatcher.js.publish_many([("work.any.echo.normal.broken", b"{not json", None, None)])
    await dispatcher.ring({"any_echo_normal": 1})
    await until(lambda: "agent.undecodable" in agent.log)
    await dispatcher.empty()


async def test_a_dropped_job_is_acked_and_not_run(dispatcher: SmallDispatcher, agent: AgentProcess) -> None:
    dispatcher.verdict = dispatcher.verdict.DROP
    await dispatcher.add("echo")
    await until(lambda: dispatcher.start_requests)
    await dispatcher.empty()
    assert dispatcher.events == []


async def test_without_an_answer_to_start_the_job_comes_back(
    dispatcher: SmallDispatcher, agent: AgentProcess
) -> None:
    dispatcher.answering = False
    job = await dispatcher.add("echo")
    await until(lambda: dispatcher.start_requests)
    dispatcher.answering = True
    # The request times out after 4 s, the message is back 2 s later, and the agent's own sweep comes every 5 s.
    event = await dispatcher.outcome(job, timeout_s=25)
    assert event.fence == (1 << 20) | 2
