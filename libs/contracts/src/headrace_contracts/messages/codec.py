"""JSON on the wire between our processes. Every message names its version; a reader refuses one it doesn't know."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

#: The version that this code writes. Adding an optional field keeps it; anything else makes a new one.
VERSION = 1

M = TypeVar("M", bound=msgspec.Struct)


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of what is sent as one NATS message."""

    v: int = VERSION

    def __post_init__(self) -> None:
        if self.v > VERSION:
            raise ValueError(
                f"message version {self.v} is newer than {VERSION}, which this process understands"
            )


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of what travels inside a message."""


class UndecodableError(ValueError):
    """The bytes are no message of the wanted kind; the reader records and terminates it, never loops on it."""


_encoder = msgspec.json.Encoder()
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def encode(message: msgspec.Struct) -> bytes:
    return _encoder.encode(message)


def decode(data: bytes, kind: type[M]) -> M:
    """Decode ``data``.

    Raises UndecodableError with the place and the problem.
    """
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    try:
        message: M = decoder.decode(data)
    except (msgspec.MsgspecError, ValueError) as error:
        raise UndecodableError(f"{kind.__name__}: {error}") from error
    return message
