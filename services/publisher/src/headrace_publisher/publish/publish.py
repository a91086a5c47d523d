"""The use case: one publication from the record to its platform, step by step, and what came of it back.

It writes rows of ``publications`` only; the dispatcher settles the job when all of its publications have ended.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from headrace_contracts.jobs.view import JobDocument
from headrace_publisher.platforms.platform import (
    Done,
    Failed,
    Outcome,
    PlatformPublisher,
    Session,
    Wait,
)
from headrace_publisher.publish import hold as holding
from headrace_publisher.publish.hands import Hands
from headrace_publisher.publish.hold import Hold, LostError
from headrace_publisher.publish.instruments import Instruments
from headrace_publisher.publish.notebook import Notebook, Notes
from headrace_publisher.publish.pack import Pack
from headrace_publisher.publish.policy import Policy, patience
from headrace_publisher.publish.prepare import Opener, prepare
from headrace_publisher.publish.redact import Redactor
from headrace_publisher.publish.steps import Steps
from headrace_publisher.store.publications import Begun
from headrace_runtime.logs import job_context
from headrace_runtime.tracing import Span, Tracing

log = logging.getLogger(__name__)

NO_KEY = "HEADRACE_SECRET_KEY is not set for the publisher; it goes on when its operator has set it"


class Record(holding.Record, Protocol):
    """The record, as this use case needs it."""

    async def begin(self, publication_id: UUID, *, lease_s: float, ahead_s: float) -> Begun | None: ...

    async def document(self, job_id: UUID) -> JobDocument | None: ...


class Result(StrEnum):
    """What became of a message."""

    PUBLISHED = "published"
    FAILED = "failed"
    #: It comes again at the platform's time.
    WAITS = "waits"
    #: It comes again after a failure.
    RETRIED = "retried"
    #: The platform's hands were full.
    BUSY = "busy"
    #: Nothing to do: ended, deleted, or put off meanwhile.
    STALE = "stale"
    #: Somebody else went on with it.
    LOST = "lost"


@dataclass(frozen=True, kw_only=True, slots=True)
class Publish:
    """Raises what the record raises when it is away; the message must then be given back."""

    record: Record
    pack: Pack
    platforms: Mapping[str, PlatformPublisher]
    hands: Hands
    #: None: the site has no key.
    notebook: Notebook | None
    opener: Opener | None
    policy: Policy
    #: How long after the relay a message may come and still be in time.
    relay_grace_s: float
    instruments: Instruments
    tracing: Tracing
    transient: tuple[type[BaseException], ...]
    chance: Callable[[], float] = random.random
    now_s: Callable[[], float] = time.time

    async def __call__(
        self, publication_id: UUID, *, span: Span, in_progress: Callable[[], Awaitable[object]]
    ) -> Result:
        ahead_s = max(self.policy.lease_s, self.relay_grace_s) + 1.0
        begun = await self.record.begin(publication_id, lease_s=self.policy.lease_s, ahead_s=ahead_s)
        if begun is None:
            return Result.STALE
        hold = Hold(
            record=self.record, id=begun.id, mark=begun.mark, lease_s=self.policy.lease_s,
            transient=self.transient, in_progress=in_progress,
        )  # fmt: skip
        span.set("headrace.job_id", str(begun.job_id))
        span.set("headrace.publication.platform", begun.platform)
        span.set("headrace.publication.attempt", begun.attempts + 1)
        with job_context(str(begun.job_id)), self.hands.of(begun.platform, begun.destination_id) as free:
            try:
                if not free:
                    delay_s = self.policy.busy_s * (0.5 + self.chance())
                    await hold.put_off(delay_s=delay_s, session=None, attempts=0, error=None)
                    return Result.BUSY
                return await self._attempt(begun, hold, span)
            except LostError:
                log.info(
                    "the publication was cancelled, moved, or taken over",
                    extra={"action": "publication.lost", "publication_id": str(begun.id)},
                )
                return Result.LOST

    async def _attempt(self, begun: Begun, hold: Hold, span: Span) -> Result:
        if self.notebook is None or self.opener is None:
            await hold.put_off(delay_s=self.policy.site_s, session=None, attempts=0, error=NO_KEY)
            log.error(NO_KEY, extra={"action": "publication.no_key"})
            return Result.WAITS
        document = await self.record.document(begun.job_id)
        if document is None:
            return Result.STALE
        publish_at = document.job.publish_at
        if publish_at is not None and publish_at.timestamp() > self.now_s():
            # It was moved while its message was under way.
            delay_s = publish_at.timestamp() - self.now_s()
            await hold.put_off(delay_s=delay_s, session=None, attempts=0, error=None)
            return Result.WAITS
        notes = self.notebook.read(begun.id, begun.session)
        redactor = Redactor(None)
        outcome: Outcome | None
        destination = self.opener.open(begun)
        if isinstance(destination, Failed):
            outcome = destination
        else:
            redactor = Redactor(destination.secret)
            publication = await prepare(begun, document, destination, self.pack, redactor.hide)
            if isinstance(publication, Failed):
                outcome = publication
            else:
                steps = Steps(
                    platform=self.platforms[begun.platform], publication=publication, redactor=redactor
                )
                outcome = await hold.during(self._go(steps, begun, hold, notes))
        return await self._settle(begun, hold, notes, outcome, redactor, span)

    async def _go(self, steps: Steps, begun: Begun, hold: Hold, notes: Notes) -> Outcome:
        """Steps until one does not lead to another."""
        assert self.notebook is not None  # noqa: S101 - _attempt has looked
        resumed = notes.data is not None
        while True:
            clock = time.monotonic()
            with self.tracing.span("publication.step", {"headrace.publication.platform": begun.platform}):
                outcome = await steps.take(notes.data, resumed=resumed)
            self.instruments.steps.record(time.monotonic() - clock, {"platform": begun.platform})
            if not isinstance(outcome, Session):
                return outcome
            notes.data, notes.failures, resumed = outcome.data, 0, False
            await hold.save(self.notebook.write(begun.id, notes))

    async def _settle(
        self, begun: Begun, hold: Hold, notes: Notes, outcome: Outcome, redactor: Redactor, span: Span
    ) -> Result:
        match outcome:
            case Done(url=url, remote_id=remote_id):
                await hold.published(url=url, remote_id=remote_id)
                self.instruments.ended.add(1, {"platform": begun.platform, "state": "published"})
                log.info("published", extra={"action": "publication.published", **_facts(begun)})
                return Result.PUBLISHED
            case Wait(until=until, reason=reason, session=session):
                notes.failures = 0
                delay_s = max(0.0, (until - datetime.now(UTC)).total_seconds())
                return await self._later(
                    begun, hold, notes, session, redactor.clean(reason), delay_s=delay_s, span=span
                )
            case Failed(reason=reason, permanent=False, session=session):
                reason = redactor.clean(reason)
                notes.failures += 1
                again_s = self.policy.retry_s(notes.failures, chance=self.chance())
                if again_s is not None:
                    self.instruments.retried.add(1, {"platform": begun.platform})
                    span.fail(reason)
                    return await self._later(
                        begun, hold, notes, session, reason, delay_s=again_s, span=span, failed=True
                    )
                return await self._fail(
                    begun, hold, f"gave up after {notes.failures} attempts: {reason}", span
                )
            case Failed(reason=reason):
                return await self._fail(begun, hold, redactor.clean(reason), span)
            case Session():
                raise AssertionError("a session leads to another step")

    async def _later(
        self, begun: Begun, hold: Hold, notes: Notes, session: Session | None, reason: str,
        *, delay_s: float, span: Span, failed: bool = False,
    ) -> Result:  # fmt: skip
        """Put it off, unless it has been tried for too long."""
        assert self.notebook is not None  # noqa: S101 - _attempt has looked
        if self.now_s() + delay_s - notes.began_at > self.policy.patience_s:
            words = f"not published within {patience(self.policy.patience_s)}: {reason}"
            return await self._fail(begun, hold, words, span)
        if session is not None:
            notes.data = session.data
        await hold.put_off(
            delay_s=delay_s, session=self.notebook.write(begun.id, notes), attempts=int(failed), error=reason
        )
        if failed:
            log.warning(
                "not published, again in %.0f s: %s",
                delay_s,
                reason,
                extra={"action": "publication.retry", **_facts(begun)},
            )
            return Result.RETRIED
        log.info("waits %.0f s: %s", delay_s, reason, extra={"action": "publication.wait", **_facts(begun)})
        return Result.WAITS

    async def _fail(self, begun: Begun, hold: Hold, reason: str, span: Span) -> Result:
        span.fail(reason)
        await hold.failed(reason)
        self.instruments.ended.add(1, {"platform": begun.platform, "state": "failed"})
        log.warning("not published: %s", reason, extra={"action": "publication.failed", **_facts(begun)})
        return Result.FAILED


def _facts(begun: Begun) -> dict[str, object]:
    return {
        "publication_id": str(begun.id),
        "platform": begun.platform,
        "attempt": begun.attempts + 1,
    }
