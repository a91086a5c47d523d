"""A registry whose ``text-generation`` takes its agent or its own process with it, when a prompt says so."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from headrace_agent.handlers.api import Context, Handler, InputFile
from headrace_contracts.catalogue import text_generation
from headrace_contracts.catalogue.text_generation import TextGeneration


def run(payload: TextGeneration, _source: InputFile | None, _ctx: Context) -> dict[str, Any]:
    """``agent``: SIGKILL to the agent; ``self``: to this process; anything else is repeated."""
    if payload.prompt == "agent":
        os.kill(_agent(), signal.SIGKILL)
        signal.pause()
    if payload.prompt == "self":
        sys.stdout.write("I take poison\n")
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"text": payload.prompt}


def _agent() -> int:
    """The first of our forebears that is the agent's program."""
    found, pid = 0, os.getpid()
    while pid > 1:
        if b"headrace_agent" in Path(f"/proc/{pid}/cmdline").read_bytes():
            found = pid
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return found


def installed() -> dict[str, Handler]:
    return {
        text_generation.MODEL.id: Handler(
            model=text_generation.MODEL, run=run, missing=lambda: None, version="poison-1"
        )
    }


def missing() -> dict[str, str]:
    return {}
