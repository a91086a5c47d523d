"""Bells: hints on core NATS that spare a wait. Losing one costs a moment, never a job."""

from __future__ import annotations

from headrace_contracts.messages.codec import Message


class QueuedBell(Message, frozen=True, kw_only=True):
    """``bell.queued``: the API has committed jobs in these lanes, each as ``platform/pool/priority word``."""

    lanes: list[str]


class LanesBell(Message, frozen=True, kw_only=True):
    """``bell.lanes``: consumers of lanes that have ready messages now, and how many were just added.

    Rung on every release, and every second as a summary of all lanes with ready messages.
    """

    ready: dict[str, int]


class OutboxBell(Message, frozen=True, kw_only=True):
    """``bell.webhooks`` or ``bell.exports``: the record has new rows to send."""

    count: int = 1
