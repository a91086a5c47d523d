"""A server that hangs: all its processes stand still, its sockets stay open."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def family(pid: int) -> list[int]:
    """``pid`` and all below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue  # it has just ended
        children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """SIGSTOP for the length of the block, from the top down."""
    pids = family(pid)
    for each in pids:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in pids:
            try:
                os.kill(each, signal.SIGCONT)
            except ProcessLookupError:
                continue
