"""What the agent and a worker process say to each other, and how it lies on the socket.

A frame is four bytes of length (big endian) and one msgpack message. Private to one installation: both ends are
always the same version.
"""

from __future__ import annotations

import asyncio
import socket
import struct

import msgspec

#: More than any frame: a payload of 256 KiB and a JSON result of 64 KiB are the largest.
MAX_FRAME_BYTES = 16 * 1024 * 1024
_LENGTH = struct.Struct(">I")


class FrameError(Exception):
    """The other end sent something that is no frame."""


class Run(msgspec.Struct, frozen=True, kw_only=True, tag="run"):
    """To the worker: run this job."""

    job_id: str
    attempt: int
    model: str
    payload: bytes
    #: Private folder of this run; the result files are written below it.
    folder: str
    input_path: str | None = None
    input_mime: str = ""
    input_name: str = ""


class Cancel(msgspec.Struct, frozen=True, kw_only=True, tag="cancel"):
    """To the worker: ``ctx.cancelled`` is true from now on, if this job still runs."""

    job_id: str


class Progress(msgspec.Struct, frozen=True, kw_only=True, tag="progress"):
    percent: float
    message: str


class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    """The handler returned. All that it wrote to stdout and stderr is in the pipes."""

    #: JSON, or None when it was large and is in ``data_path``.
    data: bytes | None
    data_path: str | None = None
    file_path: str | None = None
    extra_paths: list[str] = msgspec.field(default_factory=list)
    version: str = ""
    #: Memory of the worker, in bytes.
    rss_bytes: int = 0
    #: Wall clock around the handler alone, in nanoseconds since 1970.
    began_ns: int = 0
    ended_ns: int = 0


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """The handler raised; ``crash`` when the fault lies with this process and not with the job."""

    reason: str
    crash: bool = False
    rss_bytes: int = 0
    began_ns: int = 0
    ended_ns: int = 0


ToWorker = Run | Cancel
FromWorker = Progress | Done | Refused

_encoder = msgspec.msgpack.Encoder()
_to_worker: msgspec.msgpack.Decoder[ToWorker] = msgspec.msgpack.Decoder(ToWorker)
_from_worker: msgspec.msgpack.Decoder[FromWorker] = msgspec.msgpack.Decoder(FromWorker)


def pack(message: ToWorker | FromWorker) -> bytes:
    body = _encoder.encode(message)
    return _LENGTH.pack(len(body)) + body


async def read_from_worker(reader: asyncio.StreamReader) -> FromWorker | None:
    """The next message of a worker; None when its end is closed.

    Raises FrameError.
    """
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if length > MAX_FRAME_BYTES:
            raise FrameError(f"a frame of {length} bytes")
        return _from_worker.decode(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except msgspec.MsgspecError as error:
        raise FrameError(str(error)) from error


def receive(connection: socket.socket) -> ToWorker | None:
    """The next message of the agent, in the worker; None when the agent is gone."""
    head = _exactly(connection, _LENGTH.size)
    if head is None:
        return None
    body = _exactly(connection, _LENGTH.unpack(head)[0])
    return None if body is None else _to_worker.decode(body)


def _exactly(connection: socket.socket, count: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < count:
        try:
            part = connection.recv(count - len(parts))
        except ConnectionError:
            return None
        if not part:
            return None
        parts += part
    return bytes(parts)
