"""What the client does for one job: asks until it is answered, and cancels some."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from uuid import UUID

from headrace.chaos.load.ask import Ask
from headrace.chaos.load.speaker import Speaker
from headrace.chaos.notes.book import NoteBooks, Pen
from headrace.chaos.notes.entries import Answered, Asked, Called

#: Answers that say "later": a request with a key is sent again.
_AGAIN = frozenset({0, 429, 500, 502, 503, 504})
_PAUSES_S = (0.2, 0.5, 1.0, 2.0)
_CANCEL_TRIES = 4


class Client:
    """Speaks to all APIs in turn and writes everything down before and after it happens."""

    def __init__(self, speaker: Speaker, origins: Sequence[str], books: NoteBooks) -> None:
        self._speaker = speaker
        self._origins: Iterator[str] = itertools.cycle(origins)
        self._asked, self._answers, self._cancels = Pen(books.asked), Pen(books.answers), Pen(books.cancels)

    def close(self) -> None:
        for pen in (self._asked, self._answers, self._cancels):
            pen.close()

    async def have_done(self, ask: Ask, *, patience_s: float) -> None:
        """Ask for it, again with the same key for up to `patience_s`, and cancel it when it is to be cancelled."""
        at = time.time()
        self._asked.write(Asked(ask=ask, at=at))
        job_id = await self._until_answered(ask, at, at + patience_s)
        if job_id is not None and ask.cancel_after_s is not None:
            await asyncio.sleep(ask.cancel_after_s)
            await self._cancel(ask, job_id)

    async def _until_answered(self, ask: Ask, at: float, deadline: float) -> UUID | None:
        for tries in itertools.count():
            reply = await self._speaker.submit(next(self._origins), ask, at=at)
            accepted = reply.status in {200, 201, 202}
            self._answers.write(
                Answered(
                    n=ask.n,
                    at=time.time(),
                    status=reply.status,
                    job_id=str(reply.job_id) if accepted and reply.job_id else None,
                    text="" if accepted else reply.text,
                )
            )
            if accepted:
                return reply.job_id
            if not ask.keyed or reply.status not in _AGAIN or time.time() > deadline:
                return None
            await asyncio.sleep(_PAUSES_S[min(tries, len(_PAUSES_S) - 1)])
        return None

    async def _cancel(self, ask: Ask, job_id: UUID) -> None:
        for tries in range(_CANCEL_TRIES):
            reply = await self._speaker.cancel(next(self._origins), ask.dialect, job_id)
            self._cancels.write(
                Called(n=ask.n, job_id=str(job_id), at=time.time(), status=reply.status, text=reply.text)
            )
            if reply.status not in _AGAIN:
                return
            await asyncio.sleep(_PAUSES_S[tries])
