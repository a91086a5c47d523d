"""Every job comes to its end, to the right one, and once (promises 1, 2 and 6)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from uuid import UUID

from headrace.chaos.checker.evidence import Evidence, Violation
from headrace.chaos.load.ask import Ask
from headrace.chaos.load.work import FAILURE, expected_result, line_of, result_file_of, table_of
from headrace.chaos.record.digest import digest_of, digest_of_bytes
from headrace.chaos.record.rows import FINAL, JobRow

#: Failures that are nobody's wish: allowed once all attempts are used up.
_MISFORTUNES = frozenset({"lost", "crash", "transfer"})


def is_worn_out(job: JobRow) -> bool:
    """Whether it failed since every attempt that it had met a fault."""
    return job.state == "failed" and job.failure_code in _MISFORTUNES and job.attempt >= job.max_attempts


def is_rightly_waiting(job: JobRow, now: float) -> bool:
    """Whether it is not yet its time: scheduled, or backing off."""
    return job.state in {"scheduled", "queued"} and job.run_at is not None and job.run_at > now


def unfinished(evidence: Evidence) -> Iterator[Violation]:
    """After the run every job is final, or waits for its time."""
    for job in evidence.record.jobs:
        if not job.final and not is_rightly_waiting(job, evidence.record.read_at):
            yield Violation(
                rule="unfinished",
                subject=str(job.id),
                text=f"job {job.n} is {job.state}, attempt {job.attempt}, fence {job.fence}",
            )


def wrong(evidence: Evidence) -> Iterator[Violation]:
    """What completed has the result that its payload asks for, what failed was to fail."""
    for job, asked in evidence.own_jobs:
        if job.state == "completed":
            problem = _wrong_result(job, asked.ask)
        elif job.state == "failed" and not is_worn_out(job):
            wished = asked.ask.work == "fail" and (job.failure_reason or "").startswith(FAILURE)
            problem = "" if wished else f"failed as {job.failure_code}: {job.failure_reason}"
        else:
            problem = ""
        if problem:
            yield Violation(
                rule="wrong", subject=str(job.id), text=f"job {job.n} ({asked.ask.work}) {problem}"
            )


def _wrong_result(job: JobRow, ask: Ask) -> str:
    if ask.work == "fail":
        return "completed and was to fail"
    if ask.work == "crash" and job.attempt < 2:
        return "completed in its first attempt, which was to crash"
    if job.result != digest_of(expected_result(ask)):
        return "has another result" if job.result else "has no result"
    if ask.work == "file" and job.file != digest_of_bytes(result_file_of(table_of(ask.n, ask.size))):
        return "has another result file" if job.file else "has no result file"
    return ""


def garbled(evidence: Evidence) -> Iterator[Violation]:
    """Lines of output are those of the job, in order; an attempt that was lost may have left the first of them.

    That the last attempt's lines are all there is not asked for: a wiped JetStream may take output with it.
    """
    for job, asked in evidence.own_jobs:
        lines = evidence.record.output.get(job.id, "").splitlines()
        if asked.ask.work != "print" or not lines:
            continue
        known = {line_of(asked.ask.n, number): number for number in range(asked.ask.size)}
        numbers = [known.get(line, -1) for line in lines]
        restarts = sum(1 for one, two in itertools.pairwise(numbers) if two <= one)
        if -1 in numbers or restarts >= max(1, job.attempt):
            yield Violation(
                rule="garbled",
                subject=str(job.id),
                text=f"job {job.n} has {len(lines)} lines of output for {asked.ask.size}, {restarts} not in order",
            )


def recorded_twice(evidence: Evidence) -> Iterator[Violation]:
    """A final state is entered once and never left, and a fence never goes down."""
    ended: set[UUID] = set()
    for move in evidence.record.moves:
        way = f"{move.from_state} -> {move.to_state}"
        if move.to_fence < move.from_fence:
            yield Violation(
                rule="stale", subject=str(move.job_id), text=f"{way}: {move.from_fence} -> {move.to_fence}"
            )
        if move.from_state in FINAL and (
            move.to_state != move.from_state or move.to_fence != move.from_fence
        ):
            yield Violation(rule="twice", subject=str(move.job_id), text=f"{way} after its end")
        elif move.to_state in FINAL and move.from_state != move.to_state:
            if move.job_id in ended:
                yield Violation(rule="twice", subject=str(move.job_id), text=f"ended once more: {way}")
            ended.add(move.job_id)


def uncancelled(evidence: Evidence) -> Iterator[Violation]:
    """A cancel that was confirmed holds, and no job is cancelled that nobody cancelled."""
    called = {UUID(each.job_id) for each in evidence.cancels}
    for each in evidence.cancels:
        job = evidence.jobs.get(UUID(each.job_id))
        if each.status == 200 and job is not None and job.state != "cancelled":
            yield Violation(
                rule="uncancelled",
                subject=each.job_id,
                text=f"the cancel was confirmed, the job is {job.state}",
            )
    for job in evidence.record.jobs:
        if job.state == "cancelled" and job.id not in called:
            yield Violation(rule="uncancelled", subject=str(job.id), text="nobody cancelled it")


def early(evidence: Evidence) -> Iterator[Violation]:
    """A scheduled job does not run before its time."""
    begun: dict[int, float] = {}
    for run in evidence.runs:
        begun.setdefault(run.n, run.at)
    for asked in evidence.asked:
        at = begun.get(asked.ask.n)
        if asked.ask.run_in_s is not None and at is not None and at < asked.at + asked.ask.run_in_s:
            yield Violation(
                rule="early",
                subject=f"job {asked.ask.n}",
                text=f"ran {asked.at + asked.ask.run_in_s - at:.2f} s before its time",
            )
