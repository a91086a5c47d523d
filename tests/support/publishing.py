"""The publisher's runner on a record and a platform made of memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobDocument, JobView
from headrace_publisher.platforms.platform import Outcome, Publication, Session
from headrace_publisher.publish.hands import Hands
from headrace_publisher.publish.instruments import instruments
from headrace_publisher.publish.notebook import Notebook
from headrace_publisher.publish.pack import Pack
from headrace_publisher.publish.policy import Policy, retry_backoff
from headrace_publisher.publish.prepare import Opener
from headrace_publisher.publish.publish import Publish
from headrace_publisher.store.publications import Begun
from headrace_runtime.tracing import DISABLED
from headrace_store.blobs.errors import BlobUnavailableError
from headrace_store.sealed import SiteKey

ID, JOB, PLACE = UUID(int=7), UUID(int=5), UUID(int=9)
KEY = SiteKey("k" * 40)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def staged(*, result: bytes | None = b"[1]", ref: str | None = None) -> JobDocument:
    """A job that is done and approved."""
    job = JobView(
        id=JOB, account_id=UUID(int=1), dialect="native", model="m", platform="any", pool="m", priority=Priority.LOW,
        state=JobState.STAGED, created_at=NOW, started_at=NOW, finished_at=NOW, result_ref=ref, publishes=True,
    )  # fmt: skip
    return JobDocument(job=job, payload=b"{}", result=result)


class AwayError(Exception):
    """The record is away."""


@dataclass
class Memory:
    """A row of publications with its job; every write is in ``log``."""

    attempts: int = 0
    session: bytes | None = None
    state: str = "pending"
    job: JobDocument | None = field(default_factory=staged)
    config: dict[str, Any] = field(default_factory=lambda: {"url": "https://a.example/x"})
    mark: datetime = NOW
    #: Somebody else moves the row before the save of this number.
    taken_at: int | None = None
    away: int = 0
    log: list[tuple[Any, ...]] = field(default_factory=list)
    #: Released by every renewal.
    kept: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def begin(self, publication_id: UUID, *, lease_s: float, ahead_s: float) -> Begun | None:
        if self.away:
            raise AwayError
        assert ahead_s > lease_s
        if self.state != "pending":
            return None
        secret = KEY.destinations().seal(PLACE, json.dumps({"signing_secret": SECRET}).encode())
        return Begun(
            id=publication_id, job_id=JOB, destination_id=PLACE, attempts=self.attempts, session=self.session,
            mark=self._move(), platform="http", config=self.config, secret=secret,
        )  # fmt: skip

    async def document(self, job_id: UUID) -> JobDocument | None:
        assert job_id == JOB
        return self.job

    def _move(self) -> datetime:
        self.mark += timedelta(seconds=1)
        return self.mark

    async def keep(self, _publication_id: UUID, mark: datetime, *, lease_s: float) -> datetime | None:
        self.log.append(("keep", lease_s))
        self.kept.release()
        return self._move() if mark == self.mark else None

    async def save(
        self, _publication_id: UUID, mark: datetime, *, lease_s: float, session: bytes
    ) -> datetime | None:
        assert lease_s > 0
        saved = sum(entry[0] == "save" for entry in self.log)
        if self.taken_at == saved:
            self._move()
        if self.away:
            self.away -= 1
            raise AwayError
        if mark != self.mark:
            return None
        self.session = session
        self.log.append(("save", self.notes()["data"]))
        return self._move()

    def notes(self) -> dict[str, Any]:
        notes = Notebook(box=KEY.publications()).read(ID, self.session)
        return {"data": notes.data, "failures": notes.failures}

    async def put_off(self, _publication_id: UUID, mark: datetime, **told: Any) -> bool:
        if mark != self.mark:
            return False
        self.session = told["session"] or self.session
        self.attempts += told["attempts"]
        self.log.append(("off", round(told["delay_s"]), told["attempts"], told["error"]))
        return True

    async def finish(self, _publication_id: UUID, mark: datetime, **told: Any) -> bool:
        if mark != self.mark:
            return False
        self.state = told["state"]
        self.log.append(("end", *told.values()))
        return True

    async def get(self, key: str, *, limit: int) -> bytes:
        raise BlobUnavailableError(f"{key} {limit}")

    def open(self, key: str, *, start: int | None = None, end: int | None = None) -> Any:
        raise AssertionError(f"{key} {start} {end}: nobody reads here")


@dataclass
class Scripted:
    """A platform that answers what it is told, and notes what it was asked."""

    outcomes: list[Outcome | Exception | Callable[[Publication], Any]]
    asked: list[tuple[bytes | None, bool]] = field(default_factory=list)

    async def start(self, publication: Publication) -> Outcome:
        return await self._next(publication, None, resumed=False)

    async def step(self, publication: Publication, session: Session, *, resumed: bool) -> Outcome:
        return await self._next(publication, session.data, resumed=resumed)

    async def _next(self, publication: Publication, data: bytes | None, *, resumed: bool) -> Outcome:
        self.asked.append((data, resumed))
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        if callable(outcome):
            found: Outcome = await outcome(publication)
            return found
        return outcome


def runner(memory: Memory, *outcomes: Any, **changes: Any) -> tuple[Publish, Scripted]:
    platform = Scripted(list(outcomes))
    parts: dict[str, Any] = {
        "record": memory, "pack": Pack(blobs=memory, most_bytes=100), "platforms": {"http": platform},
        "hands": Hands(per_platform=2), "notebook": Notebook(box=KEY.publications()),
        "opener": Opener(box=KEY.destinations(), allow_loopback=False),
        "policy": Policy(attempts=3, retry=retry_backoff(5.0), patience_s=3600.0, lease_s=30.0),
        "relay_grace_s": 30.0, "instruments": instruments(), "tracing": DISABLED, "transient": (AwayError,),
        "chance": lambda: 0.0,
    }  # fmt: skip
    return Publish(**(parts | changes)), platform
