"""Why a job waits, and what operators stop: on a real stack with an agent of two slots, as people type it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.live_stack import LiveStack

from headrace.client.sync import Client


@pytest.fixture
def run(stack: LiveStack) -> Callable[..., str]:
    """``run("why", job)``: what it prints."""

    def ran(*args: str, status: int = 0) -> str:
        done = stack.commands.run(*args)
        assert done.returncode == status, done.stderr
        return done.stdout if status == 0 else done.stderr

    return ran


@pytest.fixture
def client(stack: LiveStack) -> Iterator[Client]:
    native = stack.dev["native"]
    with Client(native["origin"], native["api_key"]) as client:
        yield client


def waits_for(run: Callable[..., str], job_id: str, code: str, fact: str = "code") -> dict[str, Any]:
    """The reason, once it is this one and the fact is known."""
    end = time.monotonic() + 30
    while True:
        reason: dict[str, Any] = json.loads(run("why", job_id, "--json"))["waiting_reason"]
        if reason and reason["code"] == code and reason[fact] is not None:
            return reason
        assert time.monotonic() < end, reason
        time.sleep(0.1)


@contextmanager
def busy(client: Client, gate: Path, jobs: int) -> Iterator[list[str]]:
    """So many jobs that run until the block ends."""
    held = [client.submit("text-generation", f"gate {gate}").job_id for _ in range(jobs)]
    try:
        yield held
    finally:
        gate.touch()
        for job_id in held:
            client.wait(job_id, timeout_s=60)


def test_nobody_serves_it(run: Callable[..., str], client: Client) -> None:
    job_id = client.submit("text-to-speech", "hello").job_id
    reason = waits_for(run, job_id, "NO_AGENT_FOR_LANE")
    assert reason["lane"] == "any/text-to-speech/normal"
    assert [miss["agent"] for miss in reason["near_misses"]] == ["agent-1"]
    page = run("why", job_id).splitlines()
    assert page[0].startswith(f"{job_id} queued: No agent that is online serves 'text-to-speech'. agent-1 ")
    assert any(line.startswith("near miss  agent-1 ") for line in page)
    assert "No agent that is online serves" in run("jobs", "--model", "text-to-speech")
    client.cancel(job_id)
    assert run("why", job_id) == f"{job_id} cancelled: it has ended and waits for nothing.\n"


def test_its_time_has_not_come(run: Callable[..., str], client: Client) -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    job_id = client.submit("text-generation", "later", run_at=at).job_id
    reason = waits_for(run, job_id, "SCHEDULED")
    assert abs(datetime.fromisoformat(reason["until"]) - at) < timedelta(seconds=1)
    client.cancel(job_id)


def test_all_are_busy(run: Callable[..., str], client: Client, tmp_path: Path) -> None:
    client.wait(client.submit("text-generation", "so that a run is known").job_id, timeout_s=60)
    with busy(client, tmp_path / "gate", 2) as held:
        first, second = (client.submit("text-generation", "in line").job_id for _ in range(2))
        reason = waits_for(run, second, "ALL_BUSY", "estimated_seconds")
        assert reason["position"] == 2
        assert reason["estimated_seconds"] > 0
        assert "All agents that serve 'text-generation' are busy; it is number 2 in line, in about " in run(
            "why", second
        )
        # Who is more urgent goes first.
        assert run("move", second, "urgent") == f"{second} queued urgent\n"
        assert waits_for(run, second, "ALL_BUSY")["position"] == 1
        assert waits_for(run, first, "ALL_BUSY")["position"] == 2
        assert ": agent-1 runs it, attempt 1 of 3." in run("why", held[0])
    assert client.wait(second, timeout_s=60).status == "completed"
    refused = run("move", second, "low", status=1)
    assert refused == "headrace: This can't be done with a job that is completed\n"


def test_the_operator_has_paused_its_pool(run: Callable[..., str], client: Client) -> None:
    assert (
        run("pools", "pause", "text-generation", "--reason", "new drivers") == "text-generation is paused\n"
    )
    job_id = client.submit("text-generation", "patience").job_id
    reason = waits_for(run, job_id, "PAUSED")
    assert reason["message"] == "The operator has paused the pool 'text-generation': new drivers"
    [line] = [line for line in run("pools", "list").splitlines() if line.startswith("text-generation")]
    assert line.endswith("new drivers")
    assert run("pools", "resume", "text-generation") == "text-generation goes on\n"
    assert client.wait(job_id, timeout_s=60).status == "completed"
    assert run("pools", "pause", "text-generatoin", status=1) == "headrace: Pool not found\n"


def test_the_operator_drains_the_agent(run: Callable[..., str], client: Client) -> None:
    assert run("agents", "drain", "agent-1", "--reason", "new fan") == "agent-1 takes no more jobs\n"
    job_id = client.submit("text-generation", "patience").job_id
    reason = waits_for(run, job_id, "NO_AGENT_FOR_LANE")
    assert reason["near_misses"] == [
        {"agent": "agent-1", "lacks": "takes no more jobs: an operator drains it (new fan)"}
    ]
    assert "new fan" in run("agents", "list")
    assert run("agents", "resume", "agent-1") == "agent-1 takes jobs again\n"
    assert client.wait(job_id, timeout_s=60).status == "completed"
    assert run("agents", "drain", "agent-9", status=1) == "headrace: Agent not found\n"


def test_its_account_has_enough_in_motion(run: Callable[..., str], client: Client, tmp_path: Path) -> None:
    run("accounts", "limit", "development", "--max-running", "1")
    try:
        with busy(client, tmp_path / "gate", 1):
            job_id = client.submit("text-generation", "one after the other").job_id
            reason = waits_for(run, job_id, "QUOTA")
            assert (reason["limit"], reason["in_motion"]) == (1, 1)
            run("accounts", "limit", "development", "--max-queued", "1")
            refused = run("submit", "text-generation", "too many", status=1)
            assert refused.startswith(
                "headrace: This account may have 1 job waiting and has 1; this would add 1. "
            )
        assert client.wait(job_id, timeout_s=60).status == "completed"
    finally:
        run("accounts", "limit", "development", "--max-queued", "none", "--max-running", "none")
