"""Server-sent events, line by line (WHATWG HTML, «Server-sent events»). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One change of a job. Without an ``id``: the job as it stands, at the begin of its stream."""

    #: Give it as ``after`` to go on from here.
    id: str | None
    #: ``state``, ``progress``, ``output``; ``gap``: the site does not remember so far back as was asked
    kind: str
    data: dict[str, Any]


def events_path(job_id: str | None) -> str:
    return "/v1/events" if job_id is None else f"/v1/jobs/{quote(job_id, safe='')}/events"


class EventParser:
    """Takes the lines of a stream and gives an event at the end of each block."""

    def __init__(self) -> None:
        self._kind = ""
        self._data: list[str] = []
        self._id: str | None = None

    def feed(self, line: str) -> Event | None:
        """The event that ``line`` completes, if it does."""
        if line:
            self._field(line)
            return None
        data, kind = "\n".join(self._data), self._kind or "message"
        self._data, self._kind = [], ""
        if not data:
            return None
        return Event(id=self._id, kind=kind, data=msgspec.json.decode(data))

    def _field(self, line: str) -> None:
        name, _, text = line.partition(":")
        text = text.removeprefix(" ")
        if name == "data":
            self._data.append(text)
        elif name == "event":
            self._kind = text
        elif name == "id":
            self._id = text
