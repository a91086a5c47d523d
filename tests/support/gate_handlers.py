"""A registry with one handler that runs until the test lets it go; stands in for ``text-generation``."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from headrace_agent.handlers.api import Context, Handler, InputFile
from headrace_contracts.catalogue import text_generation
from headrace_contracts.catalogue.text_generation import TextGeneration


def wait(payload: TextGeneration, _source: InputFile | None, ctx: Context) -> dict[str, Any]:
    """Leave our pid in ``<prompt>.<attempt>``, then run until the file ``<prompt>.go`` is there."""
    mark = Path(f"{payload.prompt}.{ctx.attempt}")
    mark.with_name(f"{mark.name}.new").write_text(str(os.getpid()))
    mark.with_name(f"{mark.name}.new").rename(mark)
    ctx.progress(50, "at the gate")
    while not Path(f"{payload.prompt}.go").exists():
        if ctx.cancelled:
            return {}
        time.sleep(0.02)
    return {"generated_text": "gone", "attempt": ctx.attempt}


def installed() -> dict[str, Handler]:
    return {
        text_generation.MODEL.id: Handler(
            model=text_generation.MODEL, run=wait, missing=lambda: None, version="gate-1"
        )
    }


def missing() -> dict[str, str]:
    return {}
