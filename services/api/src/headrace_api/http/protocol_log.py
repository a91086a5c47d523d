"""What aiohttp says of clients that send no HTTP: one quiet line each, so that nobody fills the log with tracebacks."""

from __future__ import annotations

import logging
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

_CLIENTS_FAULT: Final = (HttpProcessingError, web.RequestPayloadError)


class _Quietly(logging.Filter):
    """Turns the traceback of a malformed request into a sentence; leaves all else as it is."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, _CLIENTS_FAULT):
            record.msg, record.args = "a request was malformed: %s", (_first_line(error),)
            record.levelno, record.levelname = logging.INFO, "INFO"
            record.exc_info = record.exc_text = None
            record.__dict__.update({"action": "http.malformed"})  # as ``extra`` does it
        return True


def _first_line(error: BaseException) -> str:
    message = getattr(error, "message", "") or type(error).__name__
    return str(message).strip().split("\n", 1)[0][:200]


def protocol_log() -> logging.Logger:
    """The logger for ``web.AppRunner(logger=...)``."""
    log = logging.getLogger(f"{__name__}.aiohttp")
    if not log.filters:
        log.addFilter(_Quietly())
    return log
