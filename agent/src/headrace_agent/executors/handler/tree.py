"""The processes below one process, found in ``/proc`` (proc(5)), and their end."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from typing import Final

#: A process that was sent SIGKILL is gone in moments, unless it hangs in the kernel; then it goes when it comes back.
_GONE_S: Final = 1.0
_LOOK_S: Final = 0.005


def below(root: int) -> list[int]:
    """All living descendants of process ``root``; zombies do not live."""
    children: dict[int, list[int]] = {}
    dead = set()
    for pid, parent, state in _processes():
        children.setdefault(parent, []).append(pid)
        if state in "ZX":
            dead.add(pid)
    found, todo = [], [root]
    while todo:
        following = children.get(todo.pop(), [])
        todo += following
        found += following
    return [pid for pid in found if pid not in dead]


def signal_below(root: int, number: signal.Signals) -> None:
    """Send ``number`` to all descendants of ``root``."""
    for pid in below(root):
        _send(pid, number)


def kill_below(root: int) -> bool:
    """End all descendants of ``root``, which must be a child subreaper (prctl(2)): orphans stay below it.

    False when one of them hangs in the kernel.
    """
    # First they are all stopped, or one could have a child between our look and its end.
    stopped: set[int] = set()
    while new := [pid for pid in below(root) if pid not in stopped]:
        for pid in new:
            _send(pid, signal.SIGSTOP)
        stopped.update(new)
    end = time.monotonic() + _GONE_S
    while left := below(root):
        for pid in left:
            _send(pid, signal.SIGKILL)
        if time.monotonic() > end:
            return False
        time.sleep(_LOOK_S)
    return True


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _processes() -> Iterator[tuple[int, int, str]]:
    """(process, parent, state) of all processes."""
    for name in os.listdir("/proc"):  # noqa: PTH208 - the warden stays small without pathlib
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123 - as above
                line = file.read()
        except OSError:
            continue  # it ended meanwhile
        # The second field is the command in brackets, which may itself hold blanks and brackets.
        state, parent = line[line.rindex(b")") + 2 :].split(None, 2)[:2]
        yield int(name), int(parent), state.decode()
