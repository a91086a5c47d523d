"""How far EVENTS has been recorded: what an agent said and acked is not lost while its event waits to be read."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from headrace_contracts.bus.streams import EVENTS, RECORDER
from headrace_runtime.jetstream.admin import api
from headrace_runtime.jetstream.client import JetStream


class _StreamState(msgspec.Struct):
    last_seq: int = 0


class _Stream(msgspec.Struct):
    state: _StreamState


class _Floor(msgspec.Struct):
    stream_seq: int = 0


class _Consumer(msgspec.Struct):
    ack_floor: _Floor
    num_pending: int = 0
    num_ack_pending: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """Sequence numbers of EVENTS at one moment."""

    #: The last message that an agent has published.
    published: int
    #: Everything up to here is in the record.
    recorded: int


async def progress(js: JetStream) -> Progress:
    """Ask how far the recorder is.

    Raises ApiError when EVENTS or its reader is gone, JetStreamUnavailableError when nobody answers.
    """
    # The stream first: what is published in between is not counted as published yet.
    stream = msgspec.json.decode(
        await api(js.nc, f"STREAM.INFO.{EVENTS.name}", {}, what="stream EVENTS"), type=_Stream
    )
    reader = msgspec.json.decode(
        await api(js.nc, f"CONSUMER.INFO.{EVENTS.name}.{RECORDER.name}", {}, what="the recorder"),
        type=_Consumer,
    )
    published = stream.state.last_seq
    idle = reader.num_pending == 0 and reader.num_ack_pending == 0
    # The ack floor stands still at messages that have aged out; with nothing to read, all there is was read.
    return Progress(published=published, recorded=published if idle else reader.ack_floor.stream_seq)


def caught_up(then: Progress, now: Progress) -> bool:
    """True when all that was published by ``then`` is recorded by ``now``. A stream that was wiped has nothing left."""
    return now.recorded >= then.published or now.published < then.published
