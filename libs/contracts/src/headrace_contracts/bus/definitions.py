"""Streams and consumers as plain data; the runtime turns them into JetStream API calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Retention = Literal["limits", "interest", "workqueue"]
Storage = Literal["file", "memory"]
AckPolicy = Literal["explicit", "none", "all"]
DeliverPolicy = Literal["all", "new", "last", "last_per_subject"]


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamDefinition:
    """One JetStream stream. ``None`` means the server's default, which is «no limit»."""

    name: str
    subjects: tuple[str, ...]
    retention: Retention = "limits"
    storage: Storage = "file"
    replicas: int = 1
    max_msgs_per_subject: int | None = None
    #: A message over a limit is refused instead of pushing out the oldest one.
    discard_new: bool = False
    #: ``discard_new`` also holds for ``max_msgs_per_subject``: the stream itself refuses a second release.
    discard_new_per_subject: bool = False
    max_age_s: float | None = None
    max_bytes: int | None = None
    #: Window in which ``Nats-Msg-Id`` is remembered.
    duplicate_window_s: float | None = None
    #: Answer ``last message by subject`` from any replica without asking the stream's leader.
    allow_direct: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsumerDefinition:
    """One pull consumer; durable unless ``inactive_threshold_s`` is set.

    There is no ``max_deliver`` on purpose: a message that runs out of deliveries becomes invisible.
    """

    stream: str
    name: str
    filter_subject: str | None = None
    ack_policy: AckPolicy = "explicit"
    ack_wait_s: float = 30.0
    #: 1000 is the server's default and wedges a busy consumer, so it is always set on purpose. -1: no limit.
    max_ack_pending: int = -1
    deliver_policy: DeliverPolicy = "all"
    #: The server deletes the consumer when nobody pulled for this long; None: it is durable.
    inactive_threshold_s: float | None = None
    #: How many pulls may wait at once; the server's default is 512.
    max_waiting: int | None = None
