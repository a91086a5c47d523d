"""A registry for two versions of the agent: each run of a job leaves a line with who ran it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from headrace_agent.handlers.api import Context, Handler, InputFile
from headrace_contracts.catalogue import text_generation
from headrace_contracts.catalogue.text_generation import TextGeneration

RUN_S = 0.05


def note(payload: TextGeneration, _source: InputFile | None, ctx: Context) -> dict[str, Any]:
    """``FOLDER``: note the run there. ``FOLDER gate``: and wait for the file ``go`` in it."""
    folder, _, gate = payload.prompt.partition(" ")
    with (Path(folder) / ctx.job_id).open("a") as notes:
        notes.write(f"{os.environ['HEADRACE_AGENT_ID']} {ctx.attempt}\n")
    while gate and not (Path(folder) / "go").exists() and not ctx.cancelled:
        time.sleep(0.02)
    time.sleep(RUN_S)
    return {"ran": ctx.attempt}


def installed() -> dict[str, Handler]:
    return {
        text_generation.MODEL.id: Handler(
            model=text_generation.MODEL, run=note, missing=lambda: None, version="note-1"
        )
    }


def missing() -> dict[str, str]:
    return {}
