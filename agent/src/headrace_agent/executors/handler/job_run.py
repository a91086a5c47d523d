"""One run of a handler inside the worker process: from the payload to what is told to the agent."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from pydantic import ValidationError

from headrace_agent.executors.handler.context import WorkerContext
from headrace_agent.executors.handler.frames import Done, Refused, Run
from headrace_agent.handlers.api import Handler, HandlerError, InputFile
from headrace_contracts.catalogue.validation import validate_payload
from headrace_contracts.limits import INLINE_RESULT_BYTES, REASON_CHARS

#: Name of the file that holds a large JSON result, in the folder of the run.
DATA_FILE: Final = ".data.json"
_PAGE_BYTES: Final = 4096


def resident_bytes() -> int:
    """What this process keeps in memory (proc(5), statm)."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES
    except OSError:
        return 0


def run_job(run: Run, handlers: Mapping[str, Handler], context: WorkerContext) -> Done | Refused:
    """Run the handler. What it raises is answered; only the death of the process is not."""
    began = time.time_ns()
    try:
        return _run(run, handlers, context, began)
    except HandlerError as error:
        return _refused(str(error) or "the handler gave no reason", began)
    except MemoryError:
        traceback.print_exc()
        return _refused("the handler ran out of memory", began, crash=True)
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is its answer
        # To the output, where it helps the handler's author; the client reads the short reason.
        traceback.print_exc()
        return _refused(f"{type(error).__name__}: {error}", began)
    finally:
        flush()


def _run(run: Run, handlers: Mapping[str, Handler], context: WorkerContext, began: int) -> Done | Refused:
    handler = handlers.get(run.model)
    if handler is None:
        return _refused(f"this agent has no handler for {run.model}", began, crash=True)
    try:
        payload = handler.model.payload.model_validate_json(run.payload)
    except ValidationError as error:
        return _refused(_problems(handler, run.payload, error), began)
    source = None
    if run.input_path is not None:
        source = InputFile(path=Path(run.input_path), mime=run.input_mime, name=run.input_name)
    context.files.extra_allowed = handler.extra_files
    result = handler.run(payload, source, context)
    ended = time.time_ns()
    data = msgspec.json.encode(result)
    data_path = None
    if len(data) > INLINE_RESULT_BYTES:
        data_path = Path(run.folder) / DATA_FILE
        data_path.write_bytes(data)
    # A path that was asked for and not written is no result file.
    output = context.files.written_main()
    return Done(
        data=None if data_path else data,
        data_path=str(data_path) if data_path else None,
        file_path=str(output) if output else None,
        extra_paths=[str(path) for path in context.files.written_extra()],
        version=handler.version,
        rss_bytes=resident_bytes(),
        began_ns=began,
        ended_ns=ended,
    )


def _problems(handler: Handler, payload: bytes, error: ValidationError) -> str:
    try:
        found = validate_payload(handler.model, msgspec.json.decode(payload))
    except msgspec.DecodeError:
        found = []
    return "; ".join(found) or f"the payload is not valid: {error.error_count()} problems"


def _refused(reason: str, began: int, *, crash: bool = False) -> Refused:
    return Refused(
        reason=reason[:REASON_CHARS],
        crash=crash,
        rss_bytes=resident_bytes(),
        began_ns=began,
        ended_ns=time.time_ns(),
    )


def flush() -> None:
    """Bring everything that was printed into the pipes, so that the agent finds it there after the answer."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # a handler may have closed it
            continue
