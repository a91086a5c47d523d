"""`headrace up`, `down`, `status` and `logs` from the outside."""

from __future__ import annotations

import json
import signal
import socket
import stat
import time

from tests.support.embedded_stack import EmbeddedStack

from headrace.embedded.down import STOP_WITHIN_S


def test_a_detached_stack_answers_is_shown_and_goes_down(stack: EmbeddedStack) -> None:
    began = time.monotonic()
    up = stack.run("up", "--port", "0", "--agents", "2", "--slots", "3", "--detach")
    took_s = time.monotonic() - began
    assert up.returncode == 0, up.stderr + up.stdout
    assert took_s < 10
    assert "Headrace is ready" in up.stdout

    status = stack.status()
    assert status["running"] is True
    assert status["phase"] == "ready"
    names = ["nats", "postgres", "s3", "api", "dispatcher", "webhooks", "publisher", "agent-1", "agent-2"]
    assert list(status["processes"]) == names
    assert all(each["health"] == "ready" for each in status["processes"].values())
    assert all(each["restarts"] == 0 and each["pid"] for each in status["processes"].values())
    table = stack.run("status").stdout
    assert all(str(status["processes"][name]["pid"]) in table for name in names)

    assert stat.S_IMODE(stack.dev_json.stat().st_mode) == 0o600
    dev = json.loads(stack.dev_json.read_text())
    assert dev["radiance"]["origin"] == f"{dev['api_url']}/radiance"
    assert dev["api_url"] == status["api_url"]
    assert dev["nats_url"] == f"nats://127.0.0.1:{status['ports']['nats']}"
    assert dev["webhook_secret"].startswith("whsec_")
    assert f"api: up as pid {status['processes']['api']['pid']}" in stack.run("logs", "api").stdout
    unknown = stack.run("logs", "apy")
    assert unknown.returncode == 1
    assert "there are: agent-1, agent-2, api, dispatcher" in unknown.stderr

    again = stack.run("up", "--port", "0")
    assert again.returncode == 1
    assert f"already runs in {stack.state_dir} (pid {status['supervisor_pid']})" in again.stderr
    assert stack.status()["supervisor_pid"] == status["supervisor_pid"]

    assert "stopped" in stack.run("down").stdout
    assert stack.processes() == []
    assert not stack.dev_json.exists()
    assert stack.status()["running"] is False
    assert "nothing runs here" in stack.run("down").stdout


def test_ctrl_c_stops_everything(stack: EmbeddedStack) -> None:
    stack.wish("dispatcher", "stubborn")
    process = stack.up("--no-agent")
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(STOP_WITHIN_S) == 0
    assert time.monotonic() - began < 10
    assert stack.processes() == []
    assert "dispatcher did not stop in 3 s: killed" in stack.output.read_text()


def test_ctrl_c_while_it_starts_leaves_nothing(stack: EmbeddedStack) -> None:
    stack.wish("api", "unready")
    process = stack.begin_up("--no-agent")
    stack.wait(lambda: "migrate is done" in stack.output.read_text(), "the services are being started")
    process.send_signal(signal.SIGINT)
    assert process.wait(STOP_WITHIN_S) == 0
    assert stack.processes() == []
    assert not stack.dev_json.exists()


def test_a_taken_port_is_named_before_anything_starts(stack: EmbeddedStack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        up = stack.run("up", "--port", str(port))
    assert up.returncode == 1
    assert f"port {port} is taken by" in up.stderr
    assert "`--port 0`" in up.stderr
    assert not (stack.state_dir / "nats").exists()
    assert not (stack.state_dir / "stack.json").exists()


def test_a_service_that_keeps_dying_fails_the_start_with_its_last_words(stack: EmbeddedStack) -> None:
    stack.wish("publisher", "crash")
    up = stack.run("up", "--port", "0", "--no-agent", "--detach")
    assert up.returncode == 1
    assert "publisher ended with status 7, 3 times in a row" in up.stdout
    assert up.stdout.count("starting it again") == 2
    assert "publisher: the engine room is flooded" in up.stdout
    assert stack.processes() == []


def test_a_setting_that_the_stack_replaces_is_told(stack: EmbeddedStack) -> None:
    stack.env["HEADRACE_POSTGRES_URL"] = "postgresql://elsewhere/db"
    stack.up("--no-agent")
    assert "HEADRACE_POSTGRES_URL is set, but the embedded stack brings its own" in stack.output.read_text()
