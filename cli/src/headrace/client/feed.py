"""A stream of events that goes on over connections that are cut. Pure."""

from __future__ import annotations

from headrace.client.calls import AGAIN, PAUSES_S, checked, retry_after_s
from headrace.client.errors import UnreachableError
from headrace.client.events import Event, EventParser, events_path
from headrace.client.model.job import FINAL
from headrace.client.steps import Reply

#: The server says each 15 s that it lives; a stream that is silent for longer is dead.
SILENCE_S = 45.0


class Feed:
    """Knows where to go on, how long to wait before it, and when it is over."""

    def __init__(self, job_id: str | None, after: str | None) -> None:
        self.path = events_path(job_id)
        self._one = job_id is not None
        self._after = after
        self._parser = EventParser()
        self._failures = 0
        #: The job has ended: nothing more will come.
        self.over = False

    def connect(self) -> dict[str, str]:
        """The headers of the next connection, which begins with a fresh event."""
        self._parser = EventParser()
        return {} if self._after is None else {"Last-Event-ID": self._after}

    def take(self, line: str) -> Event | None:
        """The event that ``line`` completes, if it does."""
        self._failures = 0
        event = self._parser.feed(line)
        if event is not None:
            self._after = event.id or self._after
            self.over = self._one and event.kind == "state" and event.data.get("status") in FINAL
        return event

    def refused(self, reply: Reply) -> float:
        """The seconds to wait after an answer that is no stream. Raises ApiError."""
        if reply.status not in AGAIN or self._failures >= len(PAUSES_S):
            checked(reply)
        return retry_after_s(reply, self.cut(None))

    def cut(self, error: Exception | None) -> float:
        """The seconds to wait after a connection that has ended. Raises UnreachableError when none stays open."""
        if self._failures >= len(PAUSES_S):
            raise UnreachableError(
                f"the stream of events does not stay open: {error or 'it ended each time'}"
            )
        self._failures += 1
        return PAUSES_S[self._failures - 1]
