"""The export with a record and a store made of memory."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import pytest

from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobDocument, JobView
from headrace_contracts.messages.codec import encode
from headrace_contracts.messages.outbox import ExportMessage
from headrace_publisher.export.consume import ExportHandler
from headrace_publisher.export.export import Done, Export
from headrace_publisher.store.exports import ExportRow
from headrace_runtime.jetstream.delivered import Delivered
from headrace_runtime.jetstream.pump import Ack, Nak, Term
from headrace_runtime.tracing import DISABLED
from headrace_store.blobs.errors import BlobError, BlobNotFoundError, BlobUnavailableError
from headrace_store.blobs.s3 import BlobHead

ID = UUID(int=5)
KEY = f"results/{ID}/result.json"
WHEN = datetime(2025, 10, 27, 10, 16, tzinfo=UTC)


def document(
    *, state: JobState = JobState.COMPLETED, result: bytes | None = b"[1]", ref: str | None = None
) -> JobDocument:
    job = JobView(
        id=ID, account_id=UUID(int=1), dialect="radiance", model="m", platform="any", pool="m",
        priority=Priority.LOW, state=state, created_at=WHEN, started_at=WHEN, finished_at=WHEN, result_ref=ref,
    )  # fmt: skip
    return JobDocument(job=job, payload=b"{}", result=result)


NEW = ExportRow(state="pending", attempts=0)


class AwayError(Exception):
    """The record is away."""


@dataclass
class Memory:
    """Record and store."""

    row: ExportRow | None = NEW
    job: JobDocument | None = field(default_factory=document)
    objects: dict[str, bytes] = field(default_factory=dict)
    broken: Exception | None = None
    puts: int = 0
    log: list[str] = field(default_factory=list)

    async def find(self, job_id: UUID) -> ExportRow | None:
        if isinstance(self.broken, AwayError):
            raise self.broken
        assert job_id == ID
        return self.row

    async def document(self, job_id: UUID) -> JobDocument | None:
        assert job_id == ID
        return self.job

    async def exported(self, job_id: UUID) -> None:
        assert job_id == ID
        self.log.append("exported")

    async def put_off(self, job_id: UUID, *, delay_s: float, error: str) -> None:
        assert job_id == ID
        self.log.append(f"off {delay_s:g} {error}")

    async def failed(self, job_id: UUID, *, error: str) -> None:
        assert job_id == ID
        self.log.append(f"failed {error}")

    async def head(self, key: str) -> BlobHead | None:
        data = self.objects.get(key)
        return None if data is None else BlobHead(size=len(data), mime="")

    async def get(self, key: str, *, limit: int) -> bytes:
        if key not in self.objects:
            raise BlobNotFoundError(key)
        if len(self.objects[key]) > limit:
            raise ValueError(f"more than {limit}")
        return self.objects[key]

    async def put(self, key: str, data: bytes, mime: str) -> None:
        if self.broken is not None:
            raise self.broken
        assert mime == "application/json"
        self.puts += 1
        self.objects[key] = data


async def run(memory: Memory) -> Done:
    with DISABLED.span("test") as span:
        return await Export(record=memory, blobs=memory, most_bytes=100, chance=lambda: 0.0)(ID, span=span)


async def test_written_and_noted() -> None:
    memory = Memory()
    assert await run(memory) is Done.EXPORTED
    assert json.loads(memory.objects[KEY])["result"] == [1]
    assert memory.log == ["exported"]


async def test_the_same_document_is_not_written_again_but_a_broken_one_is() -> None:
    memory = Memory()
    await run(memory)
    assert await run(memory) is Done.PRESENT
    assert memory.puts == 1
    memory.objects[KEY] = memory.objects[KEY][:-1] + b" "
    assert await run(memory) is Done.EXPORTED
    assert memory.puts == 2


@pytest.mark.parametrize(
    ("error", "attempts", "delay"),
    [
        (BlobUnavailableError("away"), 0, "2"), (BlobUnavailableError("away"), 99, "60"),
        (BlobError("refused"), 0, "5"), (BlobError("refused"), 99, "600"),
    ],
)  # fmt: skip
async def test_a_store_that_does_not_take_it_puts_it_off(error: Exception, attempts: int, delay: str) -> None:
    memory = Memory(broken=error, row=ExportRow(state="pending", attempts=attempts))
    assert await run(memory) is Done.PUT_OFF
    assert memory.log == [f"off {delay} {error}"]


async def test_a_large_result_is_fetched_and_its_absence_or_size_is_final() -> None:
    large = document(result=None, ref="results/x/.data.json")
    memory = Memory(job=large, objects={"results/x/.data.json": b"[2]"})
    assert await run(memory) is Done.EXPORTED
    assert json.loads(memory.objects[KEY])["result"] == [2]
    for objects in ({}, {"results/x/.data.json": b"1" * 101}):
        memory = Memory(job=large, objects=dict(objects))
        assert await run(memory) is Done.FAILED
        assert memory.log[0].startswith("failed")


@pytest.mark.parametrize(
    ("row", "job"),
    [
        (None, document()), (ExportRow(state="exported", attempts=1), document()),
        (NEW, None),
        (NEW, document(state=JobState.FAILED)),
    ],
)  # fmt: skip
async def test_nothing_to_do(row: ExportRow | None, job: JobDocument | None) -> None:
    memory = Memory(row=row, job=job)
    assert await run(memory) is Done.STALE
    assert memory.puts == 0


async def test_answers_to_the_stream() -> None:
    async def answer(memory: Memory, data: bytes) -> object:
        export = Export(record=memory, blobs=memory, most_bytes=100)
        handler = ExportHandler(export=export, tracing=DISABLED, transient=(AwayError,), away_s=5)
        return await handler(
            Delivered(subject="publish.export.x", data=data, headers=None, reply="$JS.ACK.x")
        )

    message = encode(ExportMessage(job_id=ID))
    assert await answer(Memory(), message) == Ack()
    assert await answer(Memory(broken=BlobUnavailableError("away")), message) == Ack()
    assert await answer(Memory(broken=AwayError()), message) == Nak(delay_s=5)
    assert isinstance(await answer(Memory(), b"?"), Term)
