"""Jobs that failed for good: look at them, run them again once, or let them go (ADR 0025)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from headrace_api.core.errors import (
    AlreadySettledError,
    CoreError,
    InsufficientCreditsError,
    NotFoundError,
    OverloadedError,
    QuotaError,
    UnavailableError,
)
from headrace_api.core.output import Output
from headrace_api.core.retries import Retries
from headrace_api.core.submit import SubmittedJob
from headrace_store.jobs.find import OutputChunk

#: How much is shown of what an attempt wrote, in bytes.
TAIL_BYTES = 4096
#: After these the next replay would fare no better.
_ENOUGH: tuple[type[CoreError], ...] = (
    InsufficientCreditsError, OverloadedError, QuotaError, UnavailableError,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetter:
    job_id: UUID
    account_id: UUID
    model: str
    pool: str
    #: A failure code, or ``publish``; None = none was given.
    code: str | None
    reason: str | None
    attempts: int
    at: datetime
    #: ``replayed`` or ``discarded``; None = it is on the list.
    settled: str | None
    settled_at: datetime | None
    replayed_as: UUID | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterFilter:
    """Which of those on the list; None = any."""

    #: None = of all accounts.
    account_id: UUID | None
    model: str | None = None
    code: str | None = None
    pool: str | None = None
    #: Inclusive.
    since: datetime | None = None
    #: Exclusive.
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One attempt of a job, with the end of what it wrote, each piece with its text or its place in S3."""

    number: int
    agent: str | None
    started_at: datetime | None
    ended_at: datetime | None
    outcome: str
    reason: str | None
    output: Sequence[OutputChunk] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Replay:
    """What became of one of several: a job, or why there is none."""

    letter: DeadLetter
    made: SubmittedJob | None = None
    error: CoreError | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """``letters``: those that were discarded; ``remaining``: how many are still on the list."""

    letters: Sequence[UUID]
    remaining: int


class LetterRecord(Protocol):
    """The rows. Raises UnavailableError while the record is away."""

    async def page(
        self, which: LetterFilter, *, after: UUID | None, limit: int, oldest_first: bool = False
    ) -> list[DeadLetter]:
        """By the age of the jobs; ``after`` = those that come after this one."""
        ...

    async def total(self, which: LetterFilter) -> int: ...

    async def get(self, job_id: UUID) -> DeadLetter | None: ...

    async def runs(self, job_id: UUID) -> list[Run]:
        """All attempts, first to last, each with its last pieces of output."""
        ...

    async def discard(self, job_id: UUID) -> bool:
        """False when it is not on the list (any more)."""
        ...

    async def discard_all(self, which: LetterFilter, limit: int) -> list[UUID]:
        """The oldest ``limit`` of them."""
        ...


class DeadLetters:
    """``account_id``: whose they are; None = an operator asks, for whom all accounts are one."""

    def __init__(self, record: LetterRecord, retries: Retries, output: Output) -> None:
        self._record = record
        self._retries = retries
        self._output = output

    async def page(self, which: LetterFilter, *, after: UUID | None, limit: int) -> list[DeadLetter]:
        """Youngest job first."""
        return await self._record.page(which, after=after, limit=limit)

    async def total(self, which: LetterFilter) -> int:
        return await self._record.total(which)

    async def get(self, job_id: UUID | None, account_id: UUID | None) -> DeadLetter:
        """Also one that is settled. Raises NotFoundError."""
        letter = None if job_id is None else await self._record.get(job_id)
        if letter is None or account_id not in {None, letter.account_id}:
            raise NotFoundError("dead letter")
        return letter

    async def runs(self, letter: DeadLetter) -> list[tuple[Run, str]]:
        """Each attempt with the end of what it wrote. Raises UnavailableError."""
        runs = await self._record.runs(letter.job_id)
        return [(run, await self._tail(run)) for run in runs]

    async def _tail(self, run: Run) -> str:
        text = "".join(chunk.text for chunk in await self._output.whole(run.output))
        return text.encode()[-TAIL_BYTES:].decode("utf-8", "ignore")

    async def replay(
        self,
        job_id: UUID | None,
        account_id: UUID | None,
        *,
        dialect: str,
        trace: str | None,
        key: str | None,
    ) -> SubmittedJob:
        """Make a new job of it, in its account and at its price; once, whoever else tries to.

        Raises NotFoundError, AlreadySettledError, and what ``Retries.retry`` raises.
        """
        letter = await self.get(job_id, account_id)
        if letter.settled is not None and key is None:
            raise AlreadySettledError(letter.settled, letter.replayed_as)
        return await self._again(letter, dialect=dialect, trace=trace, key=key)

    async def replay_all(
        self, which: LetterFilter, *, after: UUID | None, limit: int, dialect: str, trace: str | None
    ) -> list[Replay]:
        """Replay the oldest ``limit`` of them, one by one; what fails stays on the list, and its error says why.

        Ends early where the next one would fare no better: no credits, no room, no record.
        """
        done = []
        for letter in await self._record.page(which, after=after, limit=limit, oldest_first=True):
            try:
                made = await self._again(letter, dialect=dialect, trace=trace, key=None)
                done.append(Replay(letter=letter, made=made))
            except AlreadySettledError:
                continue  # somebody else was faster
            except CoreError as error:
                done.append(Replay(letter=letter, error=error))
                if isinstance(error, _ENOUGH):
                    break
        return done

    async def _again(
        self, letter: DeadLetter, *, dialect: str, trace: str | None, key: str | None
    ) -> SubmittedJob:
        return await self._retries.retry(
            letter.job_id, letter.account_id, dialect=dialect, trace=trace, key=key, letter=True
        )

    async def discard(self, job_id: UUID | None, account_id: UUID | None) -> None:
        """Take it off the list. Raises NotFoundError, or AlreadySettledError (it was replayed)."""
        letter = await self.get(job_id, account_id)
        if not await self._record.discard(letter.job_id):
            now = await self.get(letter.job_id, account_id)
            if now.settled == "discarded":
                return
            raise AlreadySettledError(now.settled or "settled", now.replayed_as)

    async def discard_all(self, which: LetterFilter, *, limit: int) -> Settled:
        """Take the oldest ``limit`` of them off the list."""
        gone = await self._record.discard_all(which, limit)
        return Settled(letters=gone, remaining=await self._record.total(which))
