"""From a row of ``jobs`` to what the rest of Headrace reads."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import msgspec

from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobDocument, JobView
from headrace_contracts.messages.events import FileRef
from headrace_contracts.messages.work import InputRef


def input_ref(row: asyncpg.Record) -> InputRef | None:
    """The input file of a row with the ``input_*`` columns."""
    if row["input_key"] is None:
        return None
    return InputRef(
        key=row["input_key"], mime=row["input_mime"], name=row["input_name"], size=row["input_size"]
    )


def file_ref(row: asyncpg.Record) -> FileRef | None:
    """The result file of a row with the ``file_*`` columns."""
    if row["file_key"] is None:
        return None
    return FileRef(key=row["file_key"], name=row["file_name"], mime=row["file_mime"], size=row["file_size"])


def uid(value: UUID) -> UUID:
    """A plain ``uuid.UUID``: asyncpg hands out a subclass of its own, which some encoders refuse."""
    return UUID(int=value.int)


def job_view(row: asyncpg.Record) -> JobView:
    return JobView(
        id=uid(row["id"]),
        account_id=uid(row["account_id"]),
        dialect=row["dialect"],
        model=row["model"],
        platform=row["platform"],
        pool=row["pool"],
        priority=Priority(row["priority"] if row["asked_priority"] is None else row["asked_priority"]),
        aged_priority=None if row["asked_priority"] is None else Priority(row["priority"]),
        state=JobState(row["state"]),
        created_at=row["created_at"],
        run_at=row["run_at"],
        timeout_s=row["timeout_s"],
        max_attempts=row["max_attempts"],
        input=input_ref(row),
        webhook_url=row["webhook_url"],
        export=row["export"],
        trace=row["trace"],
        attempt=row["attempt"],
        agent=row["agent"],
        started_at=row["started_at"],
        progress=row["progress"],
        progress_message=row["progress_message"],
        finished_at=row["finished_at"],
        result_ref=row["result_ref"],
        file=file_ref(row),
        failure_code=row["failure_code"],
        failure_reason=row["failure_reason"],
        staging=row["staging"],
        approved_at=row["approved_at"],
        publishes=row["publishes"],
        publish_at=row["publish_at"],
        credits=row["credits"],
        template_id=_optional(row["template_id"]),
        retry_of=_optional(row["retry_of"]),
        exit_code=row["exit_code"],
        extra_files=extra_files(row["extra_files"]),
        retry=row["retry"],
        queue_timeout_s=row["queue_timeout_s"],
        start_by=row["start_by"],
    )


def extra_files(text: str | None) -> tuple[FileRef, ...]:
    """The result files beside the main one."""
    return () if text is None else tuple(msgspec.json.decode(text, type=list[FileRef]))


def _optional(value: UUID | None) -> UUID | None:
    return None if value is None else uid(value)


def job_document(row: asyncpg.Record) -> JobDocument:
    return JobDocument(
        job=job_view(row),
        payload=row["payload"].encode(),
        result=_bytes(row["result"]),
        meta=_bytes(row["result_meta"]),
    )


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode()
