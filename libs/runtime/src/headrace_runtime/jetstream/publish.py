"""Pipelined JetStream publishing: many messages under way, each answer matched to its message."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError

from headrace_runtime.jetstream.inbox import Inbox

#: A stream refuses publishes when 10,000 wait in its queue (nats-server), and other publishers need room too.
WINDOW: Final = 2_000

_MSG_ID: Final = "Nats-Msg-Id"
_STORAGE_CODES: Final = frozenset({10023, 10028, 10047})
_STORE_FAILED: Final = 10077
_PER_SUBJECT: Final = "maximum messages per subject exceeded"
_FULL: Final = ("maximum messages exceeded", "maximum bytes exceeded")

#: (subject, payload, headers, message id for the stream's duplicate window)
Outgoing = tuple[str, bytes, Mapping[str, str] | None, str | None]


class PubErrorKind(StrEnum):
    """Why a message is not known to be in its stream."""

    #: The subject already holds its message; with one message a subject this means: nothing to do.
    ALREADY_THERE = "already_there"
    STORAGE_FULL = "storage_full"
    #: No answer in time: it may be stored or not; publish again.
    TIMEOUT = "timeout"
    #: Not connected, or no stream listens on the subject.
    UNAVAILABLE = "unavailable"
    TOO_LARGE = "too_large"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class PubAck:
    """The stream has the message."""

    stream: str
    seq: int
    #: The stream had this message id already and stored nothing new.
    duplicate: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PubError:
    """The stream does not have the message, as far as we know."""

    kind: PubErrorKind
    description: str
    #: The server's ``err_code``, 0 if the server said nothing.
    code: int = 0

    @property
    def already_there(self) -> bool:
        return self.kind is PubErrorKind.ALREADY_THERE

    @property
    def retryable(self) -> bool:
        """Whether the same message may go through later."""
        return self.kind in {PubErrorKind.STORAGE_FULL, PubErrorKind.TIMEOUT, PubErrorKind.UNAVAILABLE}


class _WireError(msgspec.Struct):
    code: int = 0
    err_code: int = 0
    description: str = ""


class _WireAck(msgspec.Struct):
    error: _WireError | None = None
    stream: str = ""
    seq: int = 0
    duplicate: bool = False


_decode = msgspec.json.Decoder(_WireAck).decode


def classify(code: int, description: str) -> PubErrorKind:
    """What the server's error means for the sender; 10077 is «store failed» and says why only in words."""
    if code == _STORE_FAILED and _PER_SUBJECT in description:
        return PubErrorKind.ALREADY_THERE
    if code in _STORAGE_CODES or (code == _STORE_FAILED and any(word in description for word in _FULL)):
        return PubErrorKind.STORAGE_FULL
    return PubErrorKind.REFUSED


def parse_answer(data: bytes, status: str | None) -> PubAck | PubError:
    """Read a publish acknowledgement; ``status`` is that of an empty answer such as 503."""
    if status is not None:
        return PubError(kind=PubErrorKind.UNAVAILABLE, description=f"no stream listens (status {status})")
    try:
        ack = _decode(data)
    except msgspec.DecodeError as error:
        return PubError(kind=PubErrorKind.REFUSED, description=f"unreadable answer: {error}")
    if ack.error is not None:
        code, text = ack.error.err_code, ack.error.description
        return PubError(kind=classify(code, text), description=text, code=code)
    return PubAck(stream=ack.stream, seq=ack.seq, duplicate=ack.duplicate)


class _Answers:
    """Collects the answers of one call and lets the sender wait for room."""

    def __init__(self, count: int) -> None:
        self.results: list[PubAck | PubError | None] = [None] * count
        self.outstanding = 0
        self._room: asyncio.Future[None] | None = None
        self._below = 0

    def __call__(self, message: Msg, tail: str) -> None:
        index = int(tail)
        if self.results[index] is not None:
            return
        status = message.headers.get("Status") if message.headers and not message.data else None
        self.results[index] = parse_answer(message.data, status)
        self.outstanding -= 1
        if self._room is not None and self.outstanding <= self._below and not self._room.done():
            self._room.set_result(None)

    async def drain_to(self, below: int) -> None:
        """Wait until at most ``below`` answers are missing."""
        if self.outstanding > below:
            self._below = below
            self._room = asyncio.get_running_loop().create_future()
            await self._room


async def _send(inbox: Inbox, subject: str, messages: Sequence[Outgoing], answers: _Answers) -> None:
    publish = inbox.nc.publish
    for index, (target, payload, headers, msg_id) in enumerate(messages):
        if answers.outstanding >= WINDOW:
            await answers.drain_to(WINDOW // 2)
        sent = dict(headers) if headers else None
        if msg_id is not None:
            sent = sent or {}
            sent[_MSG_ID] = msg_id
        try:
            await publish(target, payload, reply=f"{subject}.{index}", headers=sent)
        except MaxPayloadError:
            answers.results[index] = PubError(
                kind=PubErrorKind.TOO_LARGE,
                description=f"{len(payload)} bytes are over the server's limit of {inbox.nc.max_payload}",
            )
        else:
            answers.outstanding += 1
    await answers.drain_to(0)


async def publish_many(
    inbox: Inbox, messages: Sequence[Outgoing], *, timeout_s: float = 5.0
) -> list[PubAck | PubError]:
    """Publish all messages to their streams; the results are in the order of ``messages``.

    Nothing is raised for a message that was refused. ``timeout_s`` holds for the whole call.
    """
    if not inbox.nc.is_connected:
        lost = PubError(kind=PubErrorKind.UNAVAILABLE, description="not connected to NATS")
        return [lost] * len(messages)
    answers = _Answers(len(messages))
    token, subject = inbox.register(answers)
    missing = PubError(kind=PubErrorKind.TIMEOUT, description=f"no answer within {timeout_s:g} s")
    try:
        async with asyncio.timeout(timeout_s):
            await _send(inbox, subject, messages, answers)
    except TimeoutError:
        pass
    except NatsError as error:
        missing = PubError(kind=PubErrorKind.UNAVAILABLE, description=str(error) or type(error).__name__)
    finally:
        inbox.release(token)
    return [missing if result is None else result for result in answers.results]
