"""The two curl workflows of the jobserver text run as they stand, with the address changed (seed 003, «Examples»)."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.live_stack import ROOT, LiveStack, live_stack

PROGRAMS = ROOT / "tests/contract/jobserver/seed"
BASE = "http://localhost:3000"
TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9..."
FILE, JOB = "file-abc123", "job-12345"
ZIP = b"PK\x05\x06" + bytes(18)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    with live_stack(tmp_path_factory.mktemp("curl"), "--no-agent") as started:
        yield started


class Workflow:
    """A text of numbered steps. An example value in it stands for what an answer will hold."""

    def __init__(self, name: str, desk: Path, known: dict[str, str]) -> None:
        text = (PROGRAMS / f"{name}.txt").read_text()
        assert BASE in text
        self._steps = re.split(r"(?m)^(?=# \d\. )", text)[1:]
        self._desk = desk
        self._known = known
        self._before = ""

    def step(self, number: int, **learned: str) -> Any:
        """Run the step after all before it have told their values; gives the JSON that curl printed, or None."""
        self._known.update(learned)
        step = self._steps[number - 1]
        assert step.startswith(f"# {number}. ")
        for example, value in self._known.items():
            step, self._before = step.replace(example, value), self._before.replace(example, value)
        # Assignments of earlier steps hold on; their commands have run.
        assignments = "\n".join(re.findall(r'(?m)^[A-Z_]+=".*"$', self._before))
        done = subprocess.run(
            ["bash", "-e", "-c", f"{assignments}\n{step}"],
            cwd=self._desk,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        self._before += self._steps[number - 1]
        return json.loads(done.stdout) if done.stdout else None


def test_both_workflows_of_the_text(stack: LiveStack, tmp_path: Path) -> None:
    dev = stack.dev["jobserver"]
    (tmp_path / "project.zip").write_bytes(ZIP)
    here = {BASE: dev["origin"], "user@example.com": dev["email"], "password123": dev["password"]}
    client = Workflow("workflow_1_submit.sh", tmp_path, dict(here))
    worker = Workflow("workflow_2_worker.sh", tmp_path, dict(here))

    login = client.step(1)
    assert login["success"] is True
    assert (login["user"]["email"], login["user"]["role"]) == (dev["email"], "admin")
    upload = client.step(2, **{TOKEN: login["token"]})
    assert (upload["filename"], upload["size"]) == ("project.zip", len(ZIP))

    registered = worker.step(1)
    assert registered["workerId"] == "worker-001"
    assert worker.step(2, **{TOKEN: registered["token"]}) is None  # 204: nothing waits

    submitted = client.step(3, **{FILE: upload["fileId"]})
    assert submitted["status"] == "queued"
    job_id = submitted["jobId"]

    end, polled = time.monotonic() + 30, None
    while polled is None and time.monotonic() < end:  # «loop every 5 seconds», a little faster
        polled = worker.step(2)
    assert polled is not None
    assert (polled["job"]["jobId"], polled["job"]["command"], polled["job"]["timeout"]) == (
        job_id,
        "npm test",
        600,
    )
    fetched = subprocess.run(
        ["curl", "-sf", polled["job"]["fileUrl"], "-H", f"x-worker-token: {registered['token']}"],
        capture_output=True,
        timeout=30,
        check=True,
    )
    assert fetched.stdout == ZIP

    assert worker.step(3, **{JOB: job_id}) == {"success": True, "received": True}
    running = client.step(4, **{JOB: job_id})["job"]
    assert (running["status"], running["stdout"]) == ("running", "test line\n")
    assert worker.step(4) == {"success": True, "message": "Result saved", "jobId": job_id}
    ended = client.step(4)["job"]
    assert (ended["status"], ended["exitCode"]) == ("completed", 0)
    assert ended["stdout"] == "test line\ntests passed"
