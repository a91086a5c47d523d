"""A message that JetStream delivered, and what its reply subject says about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

_V1_TOKENS: Final = 9
_V2_TOKENS: Final = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryInfo:
    """The facts in an ack subject."""

    stream: str
    consumer: str
    #: 1 for the first delivery.
    num_delivered: int
    stream_seq: int
    consumer_seq: int
    timestamp_ns: int
    #: Messages of the consumer that still wait behind this one.
    num_pending: int


def consumer_of(reply: str) -> tuple[str, str] | None:
    """The (stream, consumer) in an ack subject; None if it is none."""
    tokens = reply.split(".", 6)
    if len(tokens) < 7 or tokens[0] != "$JS" or tokens[1] != "ACK":
        return None
    if reply.count(".") == _V1_TOKENS - 1:
        return tokens[2], tokens[3]
    return tokens[4], tokens[5]


def parse_ack_subject(reply: str) -> DeliveryInfo:
    """Read ``$JS.ACK...`` in its old form (9 tokens) and its new one (11 or more, with domain and account).

    Both forms are in NATS ADR-15; servers from 2.15 may send the new one.

    Raises:
        ValueError: ``reply`` is no ack subject.
    """
    tokens = reply.split(".")
    count = len(tokens)
    if tokens[:2] != ["$JS", "ACK"] or (count != _V1_TOKENS and count < _V2_TOKENS):
        raise ValueError(f"not an ack subject: {reply!r}")
    stream, consumer, delivered, stream_seq, consumer_seq, timestamp, pending = (
        tokens[2:9] if count == _V1_TOKENS else tokens[4:11]
    )
    return DeliveryInfo(
        stream=stream,
        consumer=consumer,
        num_delivered=int(delivered),
        stream_seq=int(stream_seq),
        consumer_seq=int(consumer_seq),
        timestamp_ns=int(timestamp),
        num_pending=int(pending),
    )


class Delivered:
    """One delivered message; its ack subject is only read when somebody asks."""

    __slots__ = ("_info", "data", "headers", "reply", "subject")

    def __init__(self, *, subject: str, data: bytes, headers: Mapping[str, str] | None, reply: str) -> None:
        self.subject = subject
        self.data = data
        self.headers = headers
        self.reply = reply
        self._info: DeliveryInfo | None = None

    def __repr__(self) -> str:
        return f"Delivered(subject={self.subject!r}, reply={self.reply!r}, {len(self.data)} bytes)"

    @property
    def info(self) -> DeliveryInfo:
        """Everything that the ack subject says."""
        if self._info is None:
            self._info = parse_ack_subject(self.reply)
        return self._info

    @property
    def stream_seq(self) -> int:
        return self.info.stream_seq

    @property
    def num_delivered(self) -> int:
        return self.info.num_delivered

    @property
    def num_pending(self) -> int:
        return self.info.num_pending

    @property
    def timestamp(self) -> datetime:
        """When the stream stored the message, in UTC, to the microsecond."""
        return datetime.fromtimestamp(self.info.timestamp_ns / 1e9, tz=UTC)
