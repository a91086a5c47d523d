"""What happens when a process of the stack, or its supervisor, is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import asyncpg
import nats
import psutil
from nats.aio.client import Client
from tests.support.embedded_stack import EmbeddedStack

from headrace.embedded.secrets_file import load_or_create


async def _database(stack: EmbeddedStack, query: str) -> object:
    password = load_or_create(stack.state_dir / "secrets.json").postgres_password
    port = stack.stack_json()["ports"]["postgres"]
    connection = await asyncpg.connect(
        host="127.0.0.1", port=port, user="headrace", password=password, database="headrace", ssl=False
    )
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def _connected(stack: EmbeddedStack) -> Client:
    dev = json.loads(stack.dev_json.read_text())
    return await nats.connect(dev["nats_url"], user=dev["nats_user"], password=dev["nats_password"])


async def _publish(stack: EmbeddedStack, text: bytes) -> None:
    client = await _connected(stack)
    await client.jetstream().add_stream(name="KEPT", subjects=["kept"])
    await client.jetstream().publish("kept", text)
    await client.close()


async def _last_message(stack: EmbeddedStack) -> bytes | None:
    client = await _connected(stack)
    message = await client.jetstream().get_last_msg("KEPT", "kept")
    await client.close()
    return message.data


async def test_killed_processes_are_started_again_with_their_data(stack: EmbeddedStack) -> None:
    stack.up("--no-agent")
    await _database(stack, "CREATE TABLE kept AS SELECT 42 AS answer")
    killed = {name: stack.pid(name) for name in ("api", "postgres")}
    for pid in killed.values():
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    def back() -> bool:
        processes = stack.stack_json()["processes"]
        return all(
            processes[name]["restarts"] == 1 and processes[name]["health"] == "ready" for name in killed
        )

    stack.wait(back, "both are back")
    assert all(stack.pid(name) != pid for name, pid in killed.items())
    assert await _database(stack, "SELECT answer FROM kept") == 42
    said = stack.output.read_text()
    assert "api was ended by SIGKILL; starting it again in 1 s" in said
    assert "postgres was ended by SIGKILL; starting it again in 1 s" in said
    assert "dispatcher was ended" not in said


async def test_a_killed_supervisor_is_succeeded_with_all_data(stack: EmbeddedStack) -> None:
    stack.wish("api", "stubborn")  # so that something outlives the supervisor
    first = stack.up()
    stack.take_back("api", "stubborn")
    await _database(stack, "CREATE TABLE kept AS SELECT 42 AS answer")
    await _publish(stack, b"still here")
    secrets = (stack.state_dir / "secrets.json").read_bytes()
    left_over = stack.pid("api")
    assert left_over is not None
    first.kill()
    first.wait()
    assert stack.status()["running"] is False

    stack.dev_json.unlink()
    stack.up()
    assert "the last supervisor was killed: stopped what it left" in stack.output.read_text()
    assert not psutil.pid_exists(left_over)
    assert stack.pid("api") != left_over
    assert await _database(stack, "SELECT answer FROM kept") == 42
    assert await _last_message(stack) == b"still here"
    assert (stack.state_dir / "secrets.json").read_bytes() == secrets


def test_children_end_with_their_supervisor_and_a_stranger_with_their_pid_is_left_alone(
    stack: EmbeddedStack,
) -> None:
    first = stack.up("--no-agent")
    first.kill()
    first.wait()
    stack.wait(lambda: not stack.processes(), "all are gone")
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        state = stack.stack_json()
        state["processes"]["api"]["identity"]["pid"] = stranger.pid
        state["processes"]["api"]["identity"]["started_at_s"] -= 1000
        (stack.state_dir / "stack.json").write_text(json.dumps(state))
        stack.dev_json.unlink()
        stack.up("--no-agent")
        assert stranger.poll() is None
        assert "the last supervisor was killed" not in stack.output.read_text()
        stranger.kill()


def test_down_stops_what_a_killed_supervisor_left(stack: EmbeddedStack) -> None:
    stack.wish("webhooks", "stubborn")
    first = stack.up("--no-agent")
    first.kill()
    first.wait()
    assert "stopped what a killed supervisor had left" in stack.run("down").stdout
    assert stack.processes() == []
