"""Handlers for tests of the agent: each does one thing that a handler may do, or must not do.

The agent and its workers load this file by the name that ``HEADRACE_AGENT_HANDLERS`` gives.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import Field

from headrace_agent.handlers.api import Context, Handler, HandlerError, InputFile
from headrace_contracts.catalogue.model import Model, Payload


class Anything(Payload):
    text: str = "x"
    number: int = Field(default=1, ge=0, le=1_000_000)
    path: str = ""


def echo(payload: Anything, _source: InputFile | None, ctx: Context) -> dict[str, Any]:
    return {"text": payload.text, "pid": os.getpid(), "attempt": ctx.attempt, "job": ctx.job_id}


def talk(payload: Anything, _source: InputFile | None, ctx: Context) -> dict[str, Any]:
    for number in range(payload.number):
        ctx.log(f"line {number}")
        sys.stdout.write(f"printed {number}\n")
        ctx.progress(100 * (number + 1) / payload.number, f"step {number + 1}")
    sys.stderr.write("to stderr\n")
    return {}


def refuse(payload: Anything, _source: InputFile | None, _ctx: Context) -> dict[str, Any]:
    raise HandlerError(f"can't do {payload.text}")


def blunder(_payload: Anything, _source: InputFile | None, _ctx: Context) -> dict[str, Any]:
    raise KeyError("a mistake of the handler")


def crash(payload: Anything, _source: InputFile | None, _ctx: Context) -> dict[str, Any]:
    sys.stderr.write("the last words\n")
    if payload.text == "segfault":
        ctypes.string_at(0)
    if payload.text == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(7)


def wait(payload: Anything, _source: InputFile | None, ctx: Context) -> dict[str, Any]:
    """Runs until it is cancelled, or until the file ``path`` is there; leaves its pid in ``<path>.pid``."""
    if payload.path:
        Path(f"{payload.path}.pid").write_text(str(os.getpid()))
    while not ctx.cancelled:
        if payload.path and Path(payload.path).exists():
            return {"waited": True}
        time.sleep(0.02)
    return {"cancelled": True}


def chatter(payload: Anything, _source: InputFile | None, ctx: Context) -> dict[str, Any]:
    """Prints without end, whether it is cancelled or not, until the file ``path`` is there."""
    Path(f"{payload.path}.pid").write_text(str(os.getpid()))
    number = 0
    while not Path(payload.path).exists():
        ctx.log(f"still here {number}")
        number += 1
        time.sleep(0.1)
    return {"lines": number}


def hang(payload: Anything, _source: InputFile | None, _ctx: Context) -> dict[str, Any]:
    """Neither looks at ``cancelled`` nor ends at SIGTERM, and has a child that doesn't either."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen(["sleep", "600"])
    Path(f"{payload.path}.pid").write_text(f"{os.getpid()} {child.pid}")
    while True:
        time.sleep(60)


_STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
#: Forks twice and opens a session of its own, as daemon(7) says; prints the pid of the daemon.
_DAEMON = (
    "import os, signal, subprocess, sys\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "os.setsid()\n"
    "if pid := os.fork(): print(pid); sys.stdout.flush(); os._exit(0)\n"
    "os.close(0); os.close(1); os.close(2)\n"
    "os.execve(sys.executable, [sys.executable, '-c', sys.argv[1]], {})\n"
)


def brood(payload: Anything, _source: InputFile | None, ctx: Context) -> dict[str, Any]:
    """Has children that ignore SIGTERM: one in its group, one in a session of its own, and a daemon.

    ``text``: «polite» returns when it is cancelled, «stubborn» ignores everything, «crash» dies, «leave» returns.
    """
    child = subprocess.Popen([sys.executable, "-c", _STUBBORN])
    apart = subprocess.Popen([sys.executable, "-c", _STUBBORN], start_new_session=True)
    daemon = subprocess.run(
        [sys.executable, "-c", _DAEMON, _STUBBORN], capture_output=True, text=True, check=True
    ).stdout.strip()
    if payload.text == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    mark = Path(f"{payload.path}.new")
    mark.write_text(f"{os.getpid()} {child.pid} {apart.pid} {daemon}")
    mark.rename(f"{payload.path}.pid")
    while payload.text in {"polite", "stubborn"} and not (payload.text == "polite" and ctx.cancelled):
        time.sleep(0.02)
    if payload.text == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    return {"left": True}


def large(payload: Anything, _source: InputFile | None, _ctx: Context) -> dict[str, Any]:
    return {"big": "x" * payload.number}


def shout(payload: Anything, source: InputFile | None, ctx: Context) -> dict[str, Any]:
    """Writes the input in capitals."""
    assert source is not None
    path = ctx.output_path("loud.txt")
    path.write_bytes(source.path.read_bytes().upper())
    return {"mime": source.mime, "name": source.name, "bytes": path.stat().st_size}


def several(payload: Anything, _source: InputFile | None, ctx: Context) -> dict[str, Any]:
    """A main file and ``number`` others, and one path that is asked for and not written to."""
    ctx.output_path("main.bin").write_bytes(b"\x00" * 100_000)
    for number in range(payload.number):
        ctx.extra_path(f"{payload.text}-{number}.txt").write_text(f"file {number}")
    ctx.extra_path("not-written.txt")
    return {"files": payload.number}


_RUNS: dict[str, Callable[[Any, InputFile | None, Context], dict[str, Any]]] = {
    run.__name__: run
    for run in (echo, talk, refuse, blunder, crash, wait, chatter, hang, brood, large, shout, several)
}


def installed() -> dict[str, Handler]:
    return {
        name: Handler(
            model=Model(id=name, name=name, description=name, requires_file=False, payload=Anything),
            run=run,
            missing=lambda: None,
            version=f"{name}-1",
            extra_files=run is several,
        )
        for name, run in _RUNS.items()
    }


def missing() -> dict[str, str]:
    return {"absent": "needs a thing: install it"}
