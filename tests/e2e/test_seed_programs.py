"""The five programs of the radiance text run as they stand, with the address changed (seed 002, «Use Cases»)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from PIL import Image
from tests.support.live_stack import ROOT, LiveStack, live_stack

from headrace.demo.samples import cat_photo, coffee_photo

PROGRAMS = ROOT / "tests/contract/radiance/seed"
#: Nobody listens there: what the programs ask for is sent, and that is all they look at.
NOWHERE = "http://127.0.0.1:9/webhook"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    with live_stack(tmp_path_factory.mktemp("seed"), "--slots", "2") as started:
        yield started


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with the pictures that the programs name."""
    for name, photo in (
        ("my_image.jpg", cat_photo()),
        ("cat1.jpg", cat_photo()),
        ("cat2.jpg", cat_photo()),
        ("dog1.jpg", coffee_photo()),
    ):
        with Image.open(photo) as image:
            # Small: the second program passes three of them in one argument, and Linux ends those at 128 KiB.
            image.convert("RGB").resize((300, 200)).save(tmp_path / name, "JPEG", quality=80)
    return tmp_path


def _command(name: str, stack: LiveStack, desk: Path) -> list[str]:
    """Write the program to ``desk`` with our address in it; gives the command that runs it."""
    text = (PROGRAMS / f"{name}.txt").read_text()
    assert "https://api.radiance.cloud" in text
    text = text.replace("https://api.radiance.cloud", stack.origin).replace(
        "https://myapp.com/webhook", NOWHERE
    )
    (desk / name).write_text(text)
    return ["bash", name] if name.endswith(".sh") else [sys.executable, name]


def _run(name: str, stack: LiveStack, desk: Path) -> str:
    done = subprocess.run(
        _command(name, stack, desk), cwd=desk, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_use_case_1_submits_polls_and_gets_the_result(stack: LiveStack, desk: Path) -> None:
    said = _run("use_case_1_image_classification.sh", stack, desk)
    assert "Job completed!" in said
    result = json.loads(said[said.index("Job completed!") + len("Job completed!") :])
    assert any("cat" in each["label"].lower() for each in result["result"]["predictions"])
    assert result["payload"] == {"top_k": 5, "threshold": 0.3}
    # This model makes no file, and the program saves what it is told instead.
    assert json.loads((desk / "result.jpg").read_text())["error"]["code"] == "NO_FILE"


def test_use_case_2_submits_a_batch(stack: LiveStack, desk: Path) -> None:
    answer = json.loads(_run("use_case_2_batch.sh", stack, desk))
    assert answer["success"] is True
    assert (answer["result"]["submitted"], answer["result"]["failed"]) == (3, 0)
    keys = [job["upload_key"].rpartition("/")[2] for job in answer["result"]["jobs"]]
    assert keys == ["cat1.jpg", "cat2.jpg", "dog1.jpg"]


def test_use_case_3_is_a_python_client(stack: LiveStack, desk: Path) -> None:
    said = _run("use_case_3_client.py", stack, desk)
    assert "Status: completed" in said
    result = json.loads(said[said.index("Result: ") + len("Result: ") :])
    assert "cat" in result["result"]["predictions"][0]["label"].lower()


def test_use_case_4_is_an_agent(stack: LiveStack, desk: Path) -> None:
    agent = stack.pid("agent-1")
    os.kill(agent, signal.SIGSTOP)  # or it would be faster
    try:
        with (desk / "my_image.jpg").open("rb") as photo:
            answer = requests.post(
                f"{stack.origin}/airunner/submit",
                data={"model": "image-classification", "payload": '{"top_k": 2}'},
                files={"file": photo},
                timeout=10,
            )
        assert answer.status_code == 201, answer.text
        job_id = answer.json()["result"]["id"]
        said = _run_agent(stack, desk, until=f"Completed job {job_id}")
    finally:
        os.kill(agent, signal.SIGCONT)
    assert f"Claimed job {job_id} (model: image-classification)" in said
    assert f"Downloaded input file: input_{job_id}" in said
    result = requests.get(f"{stack.origin}/airunner/result/json/{job_id}", timeout=10).json()
    assert result["agent"] == "compute-node-01"
    assert result["result"]["predictions"][0] == {"label": "cat", "confidence": 0.95}
    assert result["meta"] == {"agent": "compute-node-01", "processing_time_ms": 2000}


def _run_agent(stack: LiveStack, desk: Path, *, until: str) -> str:
    """What the agent says up to the line ``until``; it would go on for ever."""
    environ = os.environ | {
        "AGENT_TOKEN": stack.dev["radiance"]["agent_token"],
        "PYTHONUNBUFFERED": "1",
    }
    log = desk / "agent.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            _command("use_case_4_agent.py", stack, desk), cwd=desk, env=environ, stdout=output, stderr=output
        )
    try:
        end = time.monotonic() + 60
        while until not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    return log.read_text()


def test_use_case_5_generates_text(stack: LiveStack, desk: Path) -> None:
    assert len(_run("use_case_5_text_generation.sh", stack, desk).split()) > 20
