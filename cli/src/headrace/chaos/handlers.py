"""What the agents of a chaos run can do (``HEADRACE_AGENT_HANDLERS``): they follow orders and write down each run."""

from __future__ import annotations

import os
import sys
import time
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from headrace.chaos.load.work import (
    FAILURE,
    RESULT_FILE,
    Order,
    line_of,
    read_order,
    result_file_of,
    result_of,
)
from headrace.chaos.notes.book import NOTES_VARIABLE, Pen
from headrace.chaos.notes.entries import Ran
from headrace_agent.handlers.api import Context, Handler, HandlerError, InputFile
from headrace_contracts.catalogue import data_processing, text_generation, video_production
from headrace_contracts.catalogue.data_processing import DataProcessing
from headrace_contracts.catalogue.text_generation import TextGeneration
from headrace_contracts.catalogue.video_production import VideoProduction

_LOOK_S = 0.02


def generate(payload: TextGeneration, _source: InputFile | None, ctx: Context) -> dict[str, Any]:
    """All works but those with files."""
    order = read_order(payload.prompt)
    _note("start", order, ctx)
    _take_time(order, ctx)
    if order.work == "fail":
        _note("end", order, ctx)
        raise HandlerError(f"{FAILURE}: {order.n}")
    if order.work == "crash" and ctx.attempt == 1:
        os._exit(7)
    if order.work == "print":
        for number in range(order.size):
            sys.stdout.write(line_of(order.n, number) + "\n")
        sys.stdout.flush()
    _note("end", order, ctx)
    return result_of(order)


def copy(payload: DataProcessing, source: InputFile | None, ctx: Context) -> dict[str, Any]:
    """The input in capitals, as a result file."""
    order = read_order(payload.sql or "")
    _note("start", order, ctx)
    _take_time(order, ctx)
    if source is None:
        raise HandlerError("came without its file")
    table = source.path.read_bytes()
    ctx.output_path(RESULT_FILE).write_bytes(result_file_of(table))
    _note("end", order, ctx)
    return result_of(order, table)


def film(payload: VideoProduction, _source: InputFile | None, ctx: Context) -> dict[str, Any]:
    order = read_order(payload.prompt or "")
    _note("start", order, ctx)
    _take_time(order, ctx)
    _note("end", order, ctx)
    return result_of(order)


def installed() -> dict[str, Handler]:
    return {
        text_generation.MODEL.id: Handler(
            model=text_generation.MODEL, run=generate, missing=lambda: None, version="chaos"
        ),
        data_processing.MODEL.id: Handler(
            model=data_processing.MODEL, run=copy, missing=lambda: None, version="chaos"
        ),
        video_production.MODEL.id: Handler(
            model=video_production.MODEL, run=film, missing=lambda: None, version="chaos"
        ),
    }


def missing() -> dict[str, str]:
    return {}


def _take_time(order: Order, ctx: Context) -> None:
    """Wait as ordered; a cancelled job may end early, its result is dropped."""
    until = time.monotonic() + order.ms / 1000
    while time.monotonic() < until and not ctx.cancelled:
        time.sleep(_LOOK_S)


def _note(what: Literal["start", "end"], order: Order, ctx: Context) -> None:
    _pen().write(
        Ran(
            what=what,
            n=order.n,
            job_id=ctx.job_id,
            attempt=ctx.attempt,
            agent=os.environ.get("HEADRACE_AGENT_ID", ""),
            pid=os.getpid(),
            at=time.time(),
        )
    )


@lru_cache(maxsize=1)
def _pen() -> Pen:
    """One for each worker process, which ends without closing it."""
    return Pen(Path(os.environ[NOTES_VARIABLE]))
