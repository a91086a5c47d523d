"""Credits add up: charged once, given back once (promise 2)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from uuid import UUID

from headrace.chaos.checker.evidence import Evidence, Violation


def unbalanced(evidence: Evidence) -> Iterator[Violation]:
    """Each move sums to zero, each wallet is the sum of its account's moves."""
    moves: Counter[UUID] = Counter()
    sums: Counter[UUID] = Counter()
    for row in evidence.record.ledger:
        moves[row.move_id] += row.amount
        if row.account_id is not None:
            sums[row.account_id] += row.amount
    for move_id, amount in moves.items():
        if amount:
            yield Violation(rule="credits", subject=str(move_id), text=f"the move sums to {amount}, not 0")
    for account_id in set(sums) | set(evidence.record.wallets):
        if sums[account_id] != evidence.record.wallets.get(account_id, 0):
            yield Violation(
                rule="credits",
                subject=str(account_id),
                text=f"moves sum to {sums[account_id]}, the wallet has {evidence.record.wallets.get(account_id)}",
            )


def mischarged(evidence: Evidence) -> Iterator[Violation]:
    """A job with a price was charged once; refunded once if it failed or never began, else not."""
    paid: defaultdict[tuple[UUID, str], list[int]] = defaultdict(list)
    for row in evidence.record.ledger:
        if row.account_id is not None and row.job_id is not None:
            paid[row.job_id, row.kind].append(row.amount)
    for job in evidence.record.jobs:
        charges, refunds = paid.pop((job.id, "charge"), []), paid.pop((job.id, "refund"), [])
        wished = [-job.credits] if job.credits else []
        if charges != wished:
            yield Violation(rule="credits", subject=str(job.id), text=f"charged {charges}, expected {wished}")
        back = job.state == "failed" or (job.state == "cancelled" and job.started_at is None)
        wished = [job.credits] if job.credits and back else []
        if refunds != wished:
            yield Violation(
                rule="credits", subject=str(job.id), text=f"refunded {refunds}, expected {wished}"
            )
    for job_id, kind in paid:
        yield Violation(rule="credits", subject=str(job_id), text=f"a {kind} for a job that is not there")
