"""The agent's side of a video production, played by hand on the bus."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from tests.support.dispatching import FakeAgent

from headrace_contracts.jobs.lane import ANY_PLATFORM, Lane
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.messages.agents import Attempt
from headrace_contracts.messages.events import Completed, Failed, FileRef, Progressed
from headrace_contracts.messages.work import WorkMessage
from headrace_runtime.jetstream.delivered import Delivered
from headrace_store.blobs.s3 import S3Blobs

LANE = Lane(ANY_PLATFORM, "video-production", Priority.NORMAL)
VIDEO, PICTURE = b"a video" * 1000, b"\xff\xd8\xff\xe0 a picture"
COPY = b'{"title": "Rivers", "description": "How rivers run.", "tags": ["river"], "duration_s": 12.5}'


class Take:
    """One attempt in hand."""

    def __init__(self, agent: FakeAgent, blobs: S3Blobs, message: Delivered, work: WorkMessage) -> None:
        self._agent = agent
        self._blobs = blobs
        self._message = message
        self.work = work
        self.attempt: Attempt = agent.attempt(message, work)
        self._began = datetime.now(UTC)

    async def start(self) -> None:
        reply = await self._agent.start(self.attempt)
        assert reply.jobs[0].verdict == "go", reply

    async def progress(self, percent: float, message: str) -> None:
        await self._agent.tell(
            Progressed(id=self.attempt.id, fence=self.attempt.fence, percent=percent, message=message)
        )

    async def complete(self) -> None:
        """Hand in a video, a thumbnail and what was written about them."""
        files = []
        for name, mime, content in (
            ("video.mp4", "video/mp4", VIDEO),
            ("thumbnail.jpg", "image/jpeg", PICTURE),
        ):
            key = f"results/{self.attempt.id}/{name}"
            await self._blobs.put(key, content, mime)
            files.append(FileRef(key=key, name=name, mime=mime, size=len(content)))
        await self._agent.tell(
            Completed(
                id=self.attempt.id,
                fence=self.attempt.fence,
                started_at=self._began,
                finished_at=datetime.now(UTC),
                result=msgspec.Raw(COPY),
                file=files[0],
                extra_files=files[1:],
            )
        )
        await self._agent.js.ack_many([self._message.reply])

    async def fail(self, reason: str) -> None:
        await self._agent.tell(
            Failed(
                id=self.attempt.id,
                fence=self.attempt.fence,
                started_at=self._began,
                finished_at=datetime.now(UTC),
                reason=reason,
            )
        )
        await self._agent.js.ack_many([self._message.reply])


class Studio:
    """An agent that makes videos."""

    def __init__(self, agent: FakeAgent, blobs: S3Blobs) -> None:
        self._agent = agent
        self._blobs = blobs

    async def take(self, job_id: str) -> Take:
        """Fetch the oldest job, which is to be this one, and start it."""
        message, work = await self._agent.fetch(LANE)
        assert str(work.id) == job_id
        take = Take(self._agent, self._blobs, message, work)
        await take.start()
        return take

    async def produce(self, job_id: str) -> None:
        """Run the job to its end."""
        await (await self.take(job_id)).complete()
