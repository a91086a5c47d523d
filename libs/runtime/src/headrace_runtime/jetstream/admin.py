"""Make streams and consumers what their definitions say; safe to call at every start of every process."""

from __future__ import annotations

import logging
from typing import Any, Final

import msgspec
from nats.aio.client import Client
from nats.errors import Error as NatsError

from headrace_contracts.bus.definitions import ConsumerDefinition, StreamDefinition
from headrace_runtime.jetstream.errors import ApiError, JetStreamUnavailableError

logger = logging.getLogger(__name__)

STREAM_NOT_FOUND: Final = 10059
CONSUMER_NOT_FOUND: Final = 10014
_STREAM_EXISTS_DIFFERENTLY: Final = 10058
#: Also said of a stream that is there: what it may store is counted once more, before the server looks for it.
_NO_ROOM: Final = 10047
_NS: Final = 1_000_000_000


class _WireError(msgspec.Struct):
    code: int = 0
    err_code: int = 0
    description: str = ""


class _WireAnswer(msgspec.Struct):
    error: _WireError | None = None


def stream_config(definition: StreamDefinition) -> dict[str, Any]:
    """The JSON that the stream API takes (NATS ADR-31 and the server's StreamConfig); times in nanoseconds."""

    def limit(value: int | None) -> int:
        return -1 if value is None else value

    config: dict[str, Any] = {
        "name": definition.name,
        "subjects": list(definition.subjects),
        "retention": definition.retention,
        "storage": definition.storage,
        "num_replicas": definition.replicas,
        "max_msgs_per_subject": limit(definition.max_msgs_per_subject),
        "max_bytes": limit(definition.max_bytes),
        "max_msgs": -1,
        "max_consumers": -1,
        "max_age": int((definition.max_age_s or 0) * _NS),
        "discard": "new" if definition.discard_new or definition.discard_new_per_subject else "old",
        "discard_new_per_subject": definition.discard_new_per_subject,
        "allow_direct": definition.allow_direct,
    }
    if definition.duplicate_window_s is not None:
        config["duplicate_window"] = int(definition.duplicate_window_s * _NS)
    return config


def consumer_config(definition: ConsumerDefinition) -> dict[str, Any]:
    """The JSON that the consumer API takes; times in nanoseconds."""
    config: dict[str, Any] = {
        "name": definition.name,
        "deliver_policy": definition.deliver_policy,
        "ack_policy": definition.ack_policy,
        "replay_policy": "instant",
        "max_deliver": -1,
        "num_replicas": 0,  # as many as the stream has
    }
    if definition.inactive_threshold_s is None:
        config["durable_name"] = definition.name
    else:
        config["inactive_threshold"] = int(definition.inactive_threshold_s * _NS)
    if definition.ack_policy != "none":
        config["ack_wait"] = int(definition.ack_wait_s * _NS)
        config["max_ack_pending"] = definition.max_ack_pending
    if definition.filter_subject is not None:
        config["filter_subject"] = definition.filter_subject
    if definition.max_waiting is not None:
        config["max_waiting"] = definition.max_waiting
    return config


async def api(nc: Client, subject: str, body: object, *, what: str, timeout_s: float = 5.0) -> bytes:
    """Ask the JetStream API; ``subject`` is what follows ``$JS.API.``.

    Raises:
        ApiError: the server refused; ``what`` names the thing in the message.
        JetStreamUnavailableError: no answer.
    """
    try:
        answer = await nc.request(f"$JS.API.{subject}", msgspec.json.encode(body), timeout=timeout_s)
    except NatsError as error:
        reason = str(error) or type(error).__name__
        raise JetStreamUnavailableError(f"{what}: JetStream does not answer ({reason})") from error
    error_part = msgspec.json.decode(answer.data, type=_WireAnswer).error
    if error_part is not None:
        raise ApiError(what, code=error_part.err_code, description=error_part.description)
    return answer.data


async def ensure_stream(nc: Client, definition: StreamDefinition) -> None:
    """Create the stream, or change it to its definition.

    Raises:
        ApiError: the server can't have it so, e.g. another retention for a stream that exists.
        JetStreamUnavailableError: no JetStream answers.
    """
    what = f"stream {definition.name}"
    config = stream_config(definition)
    try:
        await api(nc, f"STREAM.CREATE.{definition.name}", config, what=what)
    except ApiError as error:
        if error.code not in {_STREAM_EXISTS_DIFFERENTLY, _NO_ROOM}:
            raise
        try:
            await api(nc, f"STREAM.UPDATE.{definition.name}", config, what=what)
        except ApiError as again:
            if again.code == STREAM_NOT_FOUND:
                raise error from None
            raise
        if error.code == _STREAM_EXISTS_DIFFERENTLY:
            logger.info("%s changed to its definition", what, extra={"action": "jetstream.stream.update"})


async def ensure_consumer(nc: Client, definition: ConsumerDefinition) -> None:
    """Create the consumer, or change it to its definition; raises like ``ensure_stream``."""
    subject = f"CONSUMER.CREATE.{definition.stream}.{definition.name}"
    if definition.filter_subject is not None:
        subject += f".{definition.filter_subject}"
    body = {"stream_name": definition.stream, "config": consumer_config(definition), "action": ""}
    await api(nc, subject, body, what=f"consumer {definition.name} of stream {definition.stream}")


async def consumer_exists(nc: Client, stream: str, consumer: str) -> bool:
    """Whether the server knows the consumer; raises ``JetStreamUnavailableError`` if none answers."""
    try:
        await api(nc, f"CONSUMER.INFO.{stream}.{consumer}", {}, what=f"consumer {consumer}")
    except ApiError as error:
        if error.code in {CONSUMER_NOT_FOUND, STREAM_NOT_FOUND}:
            return False
        raise
    return True
