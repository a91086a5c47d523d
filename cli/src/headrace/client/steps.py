"""The steps that calls are made of. A client takes each one and sends its answer back into the call."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from headrace.client.events import Event

R = TypeVar("R")

#: Called with the bytes moved so far and their number in all (None = not known): with 0 at the begin of each try.
OnBytes: TypeAlias = Callable[[int, int | None], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Send:
    """A request with a small body; answered by a ``Reply``."""

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class PutFile:
    """Send a file to a URL that needs no key of ours; answered by a ``Reply``."""

    url: str
    path: Path
    headers: Mapping[str, str]
    on_bytes: OnBytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SaveTo:
    """Fetch a path into a file, which appears whole or not at all; answered by a ``Reply`` without a body."""

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    #: Picks the file's place from the answer's headers.
    target: Callable[[Mapping[str, str]], Path]
    on_bytes: OnBytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sleep:
    """Wait; answered by None."""

    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Listen:
    """Hear a stream of events for a time; answered by whether it was open.

    It ends when ``on_event`` says so, or after ``seconds``; with a server that is silent at the wrong moment after
    twice as long at most.
    """

    path: str
    seconds: float
    on_event: Callable[[Event], bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    #: Where ``SaveTo`` put the file.
    saved: Path | None = None


Step: TypeAlias = Send | PutFile | SaveTo | Sleep | Listen
#: A call: steps out, their answers in, a result at the end.
Steps: TypeAlias = Generator[Step, Any, R]
