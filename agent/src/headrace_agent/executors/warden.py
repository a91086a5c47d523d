"""A worker's warden: ``python -m headrace_agent.executors.warden <socket fd> <agent pid> <registry module>``.

It starts the worker and outlives it, so that nothing that a handler has started stays behind: as the child subreaper
(prctl(2), PR_SET_CHILD_SUBREAPER) it becomes the parent of every process below it that loses its own, also of one that
has left the process group or the session. It ends as the worker ended.

It hears three signals. SIGTERM: pass it on to all below. SIGHUP, from the agent or, when the agent has died, from the
kernel: end all below at once. SIGCHLD: when the worker has ended, end all that it has left.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from typing import Final, NoReturn

from headrace_agent.executors.handler.tree import kill_below, signal_below

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36
_HEARD: Final = frozenset({signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD})


def main(argv: list[str]) -> NoReturn:
    """Split into the worker and its warden. Nothing of the agent is loaded before, so that the warden stays small."""
    descriptor, agent_pid, registry = int(argv[1]), int(argv[2]), argv[3]
    # The agent decides when we end; Ctrl-C in its terminal is not for us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    _die_with(agent_pid, signal.SIGHUP)
    warden = os.getpid()
    worker = os.fork()
    if not worker:
        _die_with(warden, signal.SIGKILL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)
        from headrace_agent.executors.worker import serve  # noqa: PLC0415 - in the worker only, as said above

        serve(descriptor, registry)
        os._exit(0)
    # The agent sees by the socket's end that the worker is gone.
    os.close(descriptor)
    _guard(worker)


def _guard(worker: int) -> NoReturn:
    ourselves = os.getpid()
    while True:
        number = signal.sigwait(_HEARD)
        if number == signal.SIGTERM:
            signal_below(ourselves, signal.SIGTERM)
            continue
        if number == signal.SIGHUP:
            kill_below(ourselves)
        status = _reap(worker)
        if status is not None:
            kill_below(ourselves)
            _end_as(status)
        elif number == signal.SIGHUP:
            os._exit(1)  # the worker hangs in the kernel: it dies when it comes back


def _reap(worker: int) -> int | None:
    """Clear away the dead; the worker's wait status when it is one of them."""
    found = None
    try:
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return found
            if pid == worker:
                found = status
    except ChildProcessError:
        return found


def _end_as(status: int) -> NoReturn:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _die_with(parent: int, number: signal.Signals) -> None:
    """Have the kernel send us ``number`` when our parent dies.

    Raises SystemExit when it died before.
    """
    _prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        raise SystemExit(1)


def _prctl(option: int, value: int) -> None:
    """Linux only, as the rest of the agent (proc(5), pidfd_open(2))."""
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl({option}, {value})")


if __name__ == "__main__":
    main(sys.argv)
