"""What a process takes of memory."""

from __future__ import annotations

from pathlib import Path

MIB = 1024 * 1024


def peak_bytes(pid: int) -> int:
    """The most that was resident at once since the process began."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"process {pid} has no VmHWM")
