"""Passes on what one part has noticed to the parts that are made after it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from headrace_contracts.jobs.lane import Lane
from headrace_contracts.messages.changes import Change
from headrace_dispatcher.changes.feed import ChangeFeed
from headrace_dispatcher.leases.presence import Presence
from headrace_dispatcher.outbox.relay import Outbox
from headrace_dispatcher.release.releaser import Releaser


class Wakes:
    """A part that is not there yet hears nothing; its own sweep finds what it missed."""

    def __init__(self) -> None:
        self.presence: Presence | None = None
        self.releaser: Releaser | None = None
        self.relay: Outbox | None = None
        self.feed: ChangeFeed | None = None

    def freed(self, lanes: Sequence[Lane]) -> None:
        if self.releaser is not None:
            self.releaser.freed(lanes)

    def requeued(self, lanes: Sequence[Lane]) -> None:
        if self.releaser is not None:
            self.releaser.ring(lanes)

    def reconnected(self) -> None:
        if self.presence is not None:
            self.presence.trust_again()

    def outbox(self) -> None:
        if self.relay is not None:
            self.relay.wake()

    def tell(self, changes: Iterable[Change]) -> None:
        if self.feed is not None:
            self.feed.tell(changes)
