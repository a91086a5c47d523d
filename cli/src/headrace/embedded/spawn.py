"""Starting a child that can't outlive us, with its output in a file."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import IO

from headrace.embedded.privileges import become
from headrace.embedded.program import Command, ProgramFailedError

_PR_SET_PDEATHSIG = 1


def spawn(
    command: Command, log: IO[bytes] | int, *, stdin: IO[bytes] | int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Start the command in a session of its own (Ctrl-C in our terminal is not for it), output to `log`.

    On Linux the child gets its stop signal when the thread that calls this ends, so call it from the thread
    that lives as long as the child shall. Raises ProgramFailedError when the program can't be started.
    """
    try:
        return subprocess.Popen(
            command.argv,
            env=dict(command.env),
            cwd=command.cwd,
            stdin=stdin,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_child_setup(command),  # noqa: PLW1509 - one thread forks, and only libc is called
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ProgramFailedError(_why_not(command, error)) from error


def _child_setup(command: Command) -> Callable[[], None] | None:
    """What runs in the child between fork and exec. Everything that allocates is made here, before the fork."""
    if sys.platform != "linux" and command.run_as is None:
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()
    run_as, stop_signal = command.run_as, command.stop_signal

    def setup() -> None:
        if run_as is not None:
            become(run_as, libc)
        if sys.platform == "linux":
            # After the change of user, which clears it (prctl(2)).
            libc.prctl(_PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)
            if os.getppid() != parent:  # we died in between: nobody would send the signal any more
                os.kill(os.getpid(), signal.SIGKILL)

    return setup


def _why_not(command: Command, error: Exception) -> str:
    what = f"can't start {command.argv[0]}"
    if command.run_as is None or not isinstance(error, subprocess.SubprocessError):
        return f"{what}: {error}"
    # The child could not say which step failed: only that its set-up did.
    return (
        f"{what} as user {command.run_as.user}: this root may not become somebody else (in a container it needs "
        "the capabilities SETUID, SETGID and SETPCAP); grant them, or start the stack as an ordinary user"
    )
