"""Handlers for tests of the client: a prompt says what ``text-generation`` does, ``data-processing`` gives files."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from headrace_agent.handlers.api import Context, Handler, HandlerError, InputFile
from headrace_contracts.catalogue import data_processing, text_generation
from headrace_contracts.catalogue.data_processing import DataProcessing
from headrace_contracts.catalogue.text_generation import TextGeneration


def speak(payload: TextGeneration, _source: InputFile | None, ctx: Context) -> dict[str, Any]:
    """``fail REASON``, ``print``, ``gate PATH`` (waits for the file), or anything to be repeated."""
    word, _, rest = payload.prompt.partition(" ")
    if word == "fail":
        raise HandlerError(rest)
    if word == "print":
        for number in range(3):
            sys.stdout.write(f"line {number}\n")
            sys.stdout.flush()
        sys.stderr.write("a warning\n")
    if word == "gate":
        sys.stdout.write("before the gate\n")
        sys.stdout.flush()
        ctx.progress(50, "at the gate")
        while not Path(rest).exists() and not ctx.cancelled:
            time.sleep(0.02)
        sys.stdout.write("behind the gate\n")
    return {"text": payload.prompt, "seed": payload.seed}


def copy(_payload: DataProcessing, source: InputFile | None, ctx: Context) -> dict[str, Any]:
    """The input as the main file, and its capitals as another one."""
    assert source is not None
    data = source.path.read_bytes()
    ctx.output_path("copy.csv").write_bytes(data)
    ctx.extra_path("loud.csv").write_bytes(data.upper())
    return {"bytes": len(data), "mime": source.mime, "name": source.name}


def installed() -> dict[str, Handler]:
    return {
        text_generation.MODEL.id: Handler(
            model=text_generation.MODEL, run=speak, missing=lambda: None, version="speak-1"
        ),
        data_processing.MODEL.id: Handler(
            model=data_processing.MODEL, run=copy, missing=lambda: None, version="copy-1", extra_files=True
        ),
    }


def missing() -> dict[str, str]:
    return {}
