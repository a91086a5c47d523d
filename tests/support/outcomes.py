"""Jobs that have ended, with their deliveries and exports, written into the record as the dispatcher does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from headrace_contracts.ids import new_id
from headrace_store.postgres import Pool

ACCOUNT = UUID("00000000-0000-7000-8000-000000000001")
CREATED = datetime(2025, 10, 27, 10, 15, 30, 123000, tzinfo=UTC)
STARTED = datetime(2025, 10, 27, 10, 15, 45, 678000, tzinfo=UTC)
FINISHED = datetime(2025, 10, 27, 10, 16, 12, 345000, tzinfo=UTC)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """Writes to one record."""

    pool: Pool

    async def job(self, *, state: str = "completed", **columns: Any) -> UUID:
        """A job of the public account; ``columns`` replace what is written by default."""
        job_id = new_id()
        row: dict[str, Any] = {
            "id": job_id, "account_id": ACCOUNT, "dialect": "radiance", "model": "image-classification",
            "payload": '{"top_k": 5, "threshold": 0.5}', "platform": "any", "pool": "image-classification",
            "priority": 1, "state": state, "created_at": CREATED, "timeout_s": 600.0, "max_attempts": 3,
            "export": True, "trace": TRACE, "attempt": 1, "agent": "compute-node-01",
            "started_at": STARTED, "finished_at": FINISHED,
            "result": '{"predictions": [{"label": "cat", "confidence": 0.95}]}' if state == "completed" else None,
        }  # fmt: skip
        row |= columns
        names = ", ".join(row)
        places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
        await self.pool.execute(f"INSERT INTO jobs ({names}) VALUES ({places})", *row.values())  # noqa: S608 -- names from above
        return job_id

    async def delivery(self, url: str, *, state: str = "completed", **columns: Any) -> UUID:
        """An ended job with a delivery to ``url`` that is due now; returns the delivery's id."""
        job_id = await self.job(state=state, webhook_url=url, **columns)
        await self.pool.execute(
            "INSERT INTO webhook_endpoints (id, account_id, url) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            new_id(), ACCOUNT, url,
        )  # fmt: skip
        delivery_id = new_id()
        await self.pool.execute(
            "INSERT INTO webhook_deliveries (id, endpoint_id, job_id, event, created_at, next_attempt_at) "
            "SELECT $1, id, $2, $3, now(), now() FROM webhook_endpoints WHERE account_id = $4 AND url = $5",
            delivery_id, job_id, f"job.{state}", ACCOUNT, url,
        )  # fmt: skip
        return delivery_id

    async def export(self, job_id: UUID) -> None:
        """An export of the job that is due now."""
        await self.pool.execute(
            "INSERT INTO exports (job_id, created_at, next_attempt_at) VALUES ($1, now(), now())", job_id
        )
