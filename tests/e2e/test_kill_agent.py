"""An agent is killed while it runs a job: another one finishes it (DESIGN, promise 3).

For the spread of the figure: ``HEADRACE_TEST_KILLS=10 pytest -s tests/e2e/test_kill_agent.py``.
"""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from statistics import median

from tests.support.agent_process import alive
from tests.support.live_stack import Client, LiveStack, client_of, live_stack
from tests.support.waiting import until

from headrace_contracts.limits import ACK_WAIT_S

WITHIN_S = ACK_WAIT_S + 5.0


async def test_the_job_of_a_killed_agent_is_finished_by_another_one(tmp_path: Path) -> None:
    env = {"HEADRACE_AGENT_HANDLERS": "tests.support.gate_handlers"}
    kills = int(os.environ.get("HEADRACE_TEST_KILLS", "1"))
    with live_stack(tmp_path, "--agents", "2", "--slots", "1", env=env) as stack:
        async with client_of(stack.origin) as client:
            took_s = [await _killed(stack, client, tmp_path / f"gate-{number}") for number in range(kills)]
    figures = {"kills": len(took_s), "median_s": round(median(took_s), 2), "most_s": round(max(took_s), 2)}
    print(json.dumps({"reclaimed_after": figures}))  # noqa: T201 - the figures of interest
    assert max(took_s) <= WITHIN_S


async def _killed(stack: LiveStack, client: Client, gate: Path) -> float:
    """Kill the agent that runs a job; how long it took until another one ran it, in seconds."""
    job_id = await client.submit("text-generation", {"prompt": str(gate)})
    handler = int(await until(lambda: _written(gate, 1), timeout_s=60, what="the first attempt"))
    agent = await until(lambda: _agent(stack.postgres_url, str(job_id)), what="the agent's name")
    os.kill(stack.pid(agent), signal.SIGKILL)
    killed_at = time.monotonic()

    await until(lambda: _written(gate, 2), timeout_s=60, what="the second attempt")
    took_s = time.monotonic() - killed_at
    assert not alive(handler), "the dead agent's handler still runs"
    gate.with_name(f"{gate.name}.go").touch()
    status = await client.ended(job_id)
    assert status["status"] == "completed", status
    result = await client.get(f"result/json/{job_id}")
    assert result["result"]["attempt"] == 2
    past = await stack.rows("SELECT number, outcome FROM attempts WHERE job_id = $1", job_id)
    assert [(row["number"], row["outcome"]) for row in past] == [(1, "lost")]
    return took_s


async def _written(gate: Path, attempt: int) -> str | None:
    path = gate.with_name(f"{gate.name}.{attempt}")
    return path.read_text() if path.exists() else None


async def _agent(postgres_url: str, job_id: str) -> str | None:
    import asyncpg

    connection = await asyncpg.connect(postgres_url, ssl=False)
    try:
        name: str | None = await connection.fetchval("SELECT agent FROM jobs WHERE id = $1::uuid", job_id)
        return name
    finally:
        await connection.close()
