"""The stack as a newcomer meets it: `headrace up`, paste the line it prints, look at the result."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

UP_WITHIN_S = 60.0
JOB_WITHIN_S = 30.0


def _headrace(command: str, state_dir: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "headrace", command, "--state-dir", str(state_dir), *args],
        capture_output=True,
        text=True,
        timeout=UP_WITHIN_S,
        check=False,
    )


@pytest.fixture
def up(tmp_path: Path) -> Iterator[str]:
    """What `headrace up` printed; its stack runs."""
    state_dir = tmp_path / "state"
    done = _headrace("up", state_dir, "--port", "0", "--detach")
    try:
        assert done.returncode == 0, done.stdout + done.stderr
        yield done.stdout
    finally:
        _headrace("down", state_dir)


def _get(url: str) -> dict[str, Any]:
    with urlopen(url, timeout=10) as answer:  # noqa: S310 - our own http address
        body: dict[str, Any] = json.load(answer)
    return body


@pytest.mark.skipif(shutil.which("curl") is None, reason="the line to paste is a curl command")
def test_the_printed_line_submits_a_job_that_an_agent_completes(up: str) -> None:
    line = next(line for line in up.splitlines() if "curl" in line)
    pasted = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=30, check=True)
    submitted = json.loads(pasted.stdout)
    assert submitted["success"] is True, pasted.stdout

    base = line.rsplit(" ", 1)[1].removesuffix("/submit")
    job = f"{base}/status/{submitted['result']['id']}"
    deadline = time.monotonic() + JOB_WITHIN_S
    while (status := _get(job)["result"])["status"] not in {"completed", "failed", "cancelled"}:
        assert time.monotonic() < deadline, status
        time.sleep(0.05)
    assert status["status"] == "completed", status
    result = _get(f"{base}/result/json/{submitted['result']['id']}")["result"]
    assert result["row_count"] == 3
    score = next(column for column in result["columns"] if column["name"] == "score")
    assert (score["min"], score["max"], score["mean"]) == (3, 5, 4.0)
