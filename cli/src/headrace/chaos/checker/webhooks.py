"""One webhook for each outcome that asked for one, at least once, under one id (promise 2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from headrace.chaos.checker.evidence import Evidence, Violation
from headrace.chaos.record.rows import DeliveryRow


def _violation(subject: object, text: str) -> Violation:
    return Violation(rule="webhook", subject=str(subject), text=text)


def untold(evidence: Evidence) -> Iterator[Violation]:
    """Each outcome has its delivery, and the receiver has it."""
    deliveries: defaultdict[UUID, list[DeliveryRow]] = defaultdict(list)
    for row in evidence.record.deliveries:
        deliveries[row.job_id].append(row)
    taken = {each.webhook_id for each in evidence.heard if each.answer == 200}
    for job, asked in evidence.own_jobs:
        rows = deliveries.pop(job.id, [])
        wished = [f"job.{job.state}"] if asked.ask.webhook and job.final else []
        if [row.event for row in rows] != wished:
            yield _violation(job.id, f"has deliveries {[row.event for row in rows]}, expected {wished}")
        for row in rows:
            if row.state != "delivered":
                yield _violation(row.id, f"{row.event} of job {job.n} is {row.state}")
            elif str(row.id) not in taken:
                yield _violation(
                    row.id, f"{row.event} of job {job.n} is delivered, the receiver never took it"
                )


def invented(evidence: Evidence) -> Iterator[Violation]:
    """What the receiver heard is a delivery of the record, signed, and of the job that its body names."""
    known = {str(row.id): row for row in evidence.record.deliveries}
    for each in evidence.heard:
        row = known.get(each.webhook_id)
        if row is None:
            yield _violation(each.webhook_id, "was heard and is no delivery of the record")
        elif row.job_id.hex not in each.ids:
            yield _violation(each.webhook_id, f"does not name its job {row.job_id}")
        if not each.genuine:
            yield _violation(each.webhook_id, "has a wrong signature")
