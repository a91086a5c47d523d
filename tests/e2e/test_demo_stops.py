"""`headrace demo` leaves nothing behind when it is interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

READY = "submitting"


def _on(folder: Path, *, but: int) -> list[str]:
    """Processes that run in or on the folder."""
    found = []
    for process in psutil.process_iter():
        try:
            about = [*process.cmdline(), process.cwd()]
            if (
                process.pid != but
                and process.status() != psutil.STATUS_ZOMBIE
                and str(folder) in " ".join(about)
            ):
                found.append(f"{process.pid} {' '.join(process.cmdline())}")
        except psutil.Error:
            continue
    return found


def test_ctrl_c_stops_all_that_it_started(tmp_path: Path) -> None:
    log = tmp_path / "demo.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "headrace", "demo"],
            env={**os.environ, "TMPDIR": str(tmp_path)},
            stdout=output,
            stderr=output,
        )
    try:
        end = time.monotonic() + 100
        while READY not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        assert _on(tmp_path, but=process.pid), "the stack runs"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130, log.read_text()
    finally:
        process.kill()
        process.wait()
    assert "interrupted; everything is stopped" in log.read_text()
    assert _on(tmp_path, but=process.pid) == []
    assert list(tmp_path.glob("headrace-demo-*")) == []
