"""CPU time and memory of the stack's processes, from /proc (Linux)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What one named part of the stack has used so far."""

    cpu_s: float
    rss_mb: float


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat after the command name, from the state on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def children() -> dict[int, list[int]]:
    """Parent → children of all processes."""
    tree: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                tree.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
    return tree


def usage(pids: dict[str, int]) -> dict[str, Usage]:
    """Use of each named process with all its descendants, those that have ended included in their parents."""
    tree = children()
    found = {}
    for name, root in pids.items():
        cpu_s, rss_mb, waiting = 0.0, 0.0, [root]
        while waiting:
            pid = waiting.pop()
            waiting.extend(tree.get(pid, ()))
            try:
                fields = _stat(pid)
                pss = Path(f"/proc/{pid}/smaps_rollup").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            # utime, stime, and those of children that have been waited for
            cpu_s += sum(int(fields[i]) for i in (11, 12, 13, 14)) * _TICK_S
            # Proportional set size: Postgres processes share their buffers.
            rss_mb += int(pss.split("Pss:")[1].split()[0]) / 1024
        found[name] = Usage(cpu_s=cpu_s, rss_mb=rss_mb)
    return found


def spent(before: dict[str, Usage], after: dict[str, Usage]) -> dict[str, float]:
    """CPU seconds between two readings, by name."""
    return {name: after[name].cpu_s - before[name].cpu_s for name in after if name in before}
