"""Does nothing: what is left of a job's time is the cost of moving it."""

from __future__ import annotations

from typing import Any

from headrace_agent.handlers.api import Context, Handler, InputFile
from headrace_contracts.catalogue import noop
from headrace_contracts.catalogue.noop import Noop


def run(_payload: Noop, _source: InputFile | None, _ctx: Context) -> dict[str, Any]:
    """``{"ok": true}``."""
    return {"ok": True}


HANDLER = Handler(model=noop.MODEL, run=run, missing=lambda: None, version="1")
