"""What a platform has to do, and what it may answer.

A publication is made in steps. What a step leaves for the next one is a ``Session``; the runner saves it between any
two steps, so that a publication goes on where it was in another process. A step may be made twice: its process can
die after the platform heard it and before it was saved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

import msgspec

from headrace_contracts.destinations import Destination
from headrace_publisher.publish.parcel import Parcel

S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """Where a publication stands: JSON that only its platform reads. Take another step."""

    data: bytes = field(repr=False)

    @classmethod
    def of(cls, state: msgspec.Struct) -> Session:
        return cls(data=msgspec.json.encode(state))


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """It is published."""

    #: Where people (or programs) find it.
    url: str | None
    #: The platform's own id of it.
    remote_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """Nothing is wrong; go on at ``until``. Not counted as an attempt."""

    until: datetime
    reason: str
    #: None: what was saved last holds.
    session: Session | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """It did not work. ``permanent``: and never will, whoever tries."""

    reason: str
    permanent: bool
    #: What to go on with when it is tried again; None: what was saved last holds.
    session: Session | None = None
    #: The platform can't have heard of it.
    unsent: bool = False


Outcome = Session | Done | Wait | Failed


class StepEnd(Exception):  # noqa: N818 - it carries an outcome, which need not be an error
    """Ends a step from the depth of its calls."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(type(outcome).__name__)
        self.outcome = outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """What is to be published, and where."""

    id: UUID
    destination_id: UUID
    destination: Destination
    parcel: Parcel
    #: Names a secret that was learned on the way (a token, the address of an upload): no text will show it.
    hide: Callable[[str], None] = field(repr=False)


class PlatformPublisher(Protocol):
    """A platform. A step is bounded: one file, one chunk, one question.

    Besides ``StepEnd`` it may raise the errors of ``headrace_store.blobs.errors`` for the file that it reads.
    """

    async def start(self, publication: Publication) -> Outcome:
        """The first step, when there is no session."""

    async def step(self, publication: Publication, session: Session, *, resumed: bool) -> Outcome:
        """The next step. ``resumed``: the one before was made in another attempt, perhaps by a process that died
        before it saved how far it came."""


class SessionError(ValueError):
    """A saved session that this version does not understand; the publication starts over."""


def read_session(session: Session, kind: type[S]) -> S:
    """Raises SessionError."""
    try:
        return msgspec.json.decode(session.data, type=kind)
    except msgspec.MsgspecError as error:
        raise SessionError(str(error)) from None
