"""Outcomes that meet in one batch."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.support.record import insert, new_job, row

from headrace_contracts.jobs.state import JobState
from headrace_dispatcher.recorder.outcome import Outcome
from headrace_dispatcher.recorder.writer import OutcomeWriter
from headrace_dispatcher.store.attempts import AttemptStore
from headrace_dispatcher.store.outcomes import OutcomeStore
from headrace_dispatcher.wakes import Wakes
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.telemetry import Telemetry
from headrace_store.postgres import Pool


async def test_of_two_outcomes_of_one_attempt_in_a_batch_one_counts(record: Pool, js: JetStream) -> None:
    (job_id,) = await insert(record, [new_job()])
    now = datetime.now(UTC)
    outcomes = [
        Outcome(
            id=job_id,
            fence=7,
            state=JobState.COMPLETED,
            agent="a",
            instance="a",
            started_at=now,
            finished_at=now,
            result=text,
        )
        for text in ('"first"', '"second"')
    ]
    writer = OutcomeWriter(OutcomeStore(record), AttemptStore(record), js, Wakes(), Telemetry())
    assert await writer.put(outcomes) == [JobState.COMPLETED, None]
    assert (await row(record, job_id))["result"] == '"first"'
