"""Logs: one line a record, for people or for machines, with what is known about the job at hand."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final, TextIO

import msgspec

from headrace_runtime.settings import LogSettings

#: The job that the current task works on; set it with ``job_context``.
job_id: ContextVar[str | None] = ContextVar("headrace_job_id", default=None)
#: (trace id, span id) in hex of the current span; set by the tracing module only.
trace_ids: ContextVar[tuple[str, str] | None] = ContextVar("headrace_trace_ids", default=None)

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_SECRET_KEY: Final = re.compile(
    r"(password|passwd|secret|token|api_?key|authorization|cookie|credential|signature)", re.IGNORECASE
)
_URL_LOGIN: Final = re.compile(r"(?<=://)[^/\s@:]*:[^/\s@]*(?=@)")
_BEARER: Final = re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}")
_HIDDEN: Final = "[hidden]"


def scrub(text: str) -> str:
    """Hide logins in URLs and authorization headers that found their way into a text."""
    if "://" in text:
        text = _URL_LOGIN.sub(_HIDDEN, text)
    return _BEARER.sub(rf"\1 {_HIDDEN}", text)


def clean(value: Any, key: str = "") -> Any:
    """Make an extra field fit to be written: no secret, and only what JSON knows."""
    if _SECRET_KEY.search(key):
        return _HIDDEN
    if isinstance(value, str):
        return scrub(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): clean(part, str(name)) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [clean(part) for part in value]
    return scrub(str(value))


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """What a record carries beside its message: action, job, trace and the caller's extra fields."""
    found: dict[str, Any] = {}
    if (job := job_id.get()) is not None:
        found["job_id"] = job
    if (ids := trace_ids.get()) is not None:
        found["trace_id"], found["span_id"] = ids
    for name, value in vars(record).items():
        if name not in _STANDARD and not name.startswith("_"):
            found[name] = clean(value, name)
    return found


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, tz=UTC)
        line: dict[str, Any] = {
            "time": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": scrub(record.getMessage()),
            **fields(record),
        }
        if record.exc_info:
            line["exception"] = scrub(self.formatException(record.exc_info))
        return msgspec.json.encode(line).decode()


class ConsoleFormatter(logging.Formatter):
    """Time, level, logger, message and the fields, in one line; a traceback follows with its ends escaped."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, tz=UTC).strftime("%H:%M:%S.%f")[:-3]
        message = scrub(record.getMessage())
        extra = "".join(f" {name}={value}" for name, value in fields(record).items())
        line = f"{when} {record.levelname:<7} {self._service}: {message}{extra}"
        if record.exc_info:
            line += f" exception={scrub(self.formatException(record.exc_info))}"
        return line.replace("\r", "\\r").replace("\n", "\\n")


def configure(settings: LogSettings, service: str, *, stream: TextIO | None = None) -> None:
    """Send all logging of this process to ``stream`` (standard error) in the chosen format."""
    handler = logging.StreamHandler(stream or sys.stderr)
    json = settings.log_format == "json"
    handler.setFormatter(JsonFormatter(service) if json else ConsoleFormatter(service))
    logging.basicConfig(handlers=[handler], level=settings.log_level, force=True)
    logging.captureWarnings(capture=True)
    # These say a line for every request or reconnect attempt; ours says what matters.
    for noisy in ("aiohttp.access", "nats.aio.client", "botocore", "urllib3", "opentelemetry.attributes"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


@contextmanager
def job_context(job: str) -> Iterator[None]:
    """Log lines inside carry ``job_id``."""
    mark = job_id.set(job)
    try:
        yield
    finally:
        job_id.reset(mark)
