"""What a job does, and what comes of it: agents work by it, the checker compares with it. Pure."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec

from headrace.chaos.load.ask import Ask

MODELS = {"noop": "noop", "film": "video-production", "file": "data-processing"}
_TEXT_MODEL = "text-generation"
FAILURE = "asked to fail"
RESULT_FILE = "loud.csv"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the handler is told, in the prompt: JSON."""

    n: int
    work: str
    size: int
    ms: int


def order_of(ask: Ask) -> Order:
    return Order(n=ask.n, work=ask.work, size=ask.size, ms=ask.ms)


def model_of(ask: Ask) -> str:
    return MODELS.get(ask.work, _TEXT_MODEL)


def payload_of(ask: Ask) -> dict[str, Any]:
    """The payload, in the words of the catalogue."""
    order = msgspec.json.encode(order_of(ask)).decode()
    match ask.work:
        case "noop":
            return {"n": ask.n, "filler": text_of(ask.n, ask.size)}
        case "film":
            return {"entry": "prompt", "prompt": order}
        case "file":
            return {"sql": order}
        case _:
            return {"prompt": order}


def read_order(text: str) -> Order:
    """Raises msgspec.DecodeError for a prompt that none of our jobs has."""
    return msgspec.json.decode(text, type=Order)


def number_of(model: str, payload: str) -> int | None:
    """Which job a payload of the record belongs to; None when it is none of ours."""
    try:
        content = json.loads(payload)
        if model == "noop":
            return int(content["n"])
        return read_order(content["sql" if model == "data-processing" else "prompt"]).n
    except (KeyError, TypeError, ValueError, msgspec.DecodeError):
        return None


def text_of(n: int, size: int) -> str:
    """`size` characters that only job `n` has."""
    piece = hashlib.sha256(str(n).encode()).hexdigest()
    return (piece * (size // len(piece) + 1))[:size]


def table_of(n: int, size: int) -> bytes:
    """A CSV of about `size` bytes that only job `n` has."""
    line = f"{n},{text_of(n, 48)}\n"
    return ("number,text\n" + line * max(2, size // len(line))).encode()


def result_file_of(table: bytes) -> bytes:
    """What a job with a file gives back."""
    return table.upper()


def line_of(n: int, number: int) -> str:
    return f"job {n} line {number}"


def result_of(order: Order, table: bytes | None = None) -> dict[str, Any]:
    """The JSON result of a handler."""
    if table is not None:
        return {"n": order.n, "bytes": len(table), "sha256": hashlib.sha256(table).hexdigest()}
    return {"n": order.n, "work": order.work, "text": text_of(order.n, order.size)}


def expected_result(ask: Ask) -> dict[str, Any]:
    """The JSON result of a job that completes."""
    if ask.work == "noop":
        return {"ok": True, "echo": payload_of(ask)}
    return result_of(order_of(ask), table_of(ask.n, ask.size) if ask.work == "file" else None)
