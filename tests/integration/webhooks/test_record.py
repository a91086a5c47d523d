"""What the record keeps of attempts: once, and with the endpoint's luck."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.support.outcomes import Outcomes

from headrace_store.postgres import Pool
from headrace_webhooks.outcome import Outcome, SendError
from headrace_webhooks.store.deliveries import DeliveryRepository, Verdict

URL = "https://myapp.com/webhook"
NOON = datetime(2025, 10, 27, 12, tzinfo=UTC)
OK = Outcome(status=200, duration_ms=5, response_head="fine")
BAD = Outcome(error=SendError.TIMEOUT, duration_ms=15000)
AGAIN = Verdict(state="pending", delay_s=100)


async def record(
    repository: DeliveryRepository,
    delivery_id: UUID,
    outcome: Outcome,
    verdict: Verdict,
    number: int,
    *,
    hours: int = 0,
) -> bool:
    delivery = await repository.load(delivery_id)
    assert delivery is not None
    return await repository.record(
        delivery, outcome, verdict, number=number, at=NOON + timedelta(hours=hours)
    )


async def endpoint(pool: Pool) -> tuple[Any, Any, Any]:
    row = await pool.fetchrow("SELECT first_failure_at, disabled_at, disabled_reason FROM webhook_endpoints")
    assert row is not None
    return tuple(row)


async def test_an_attempt_is_recorded_once(outcomes: Outcomes, pool: Pool) -> None:
    repository = DeliveryRepository(pool)
    delivery_id = await outcomes.delivery(URL)
    assert await record(repository, delivery_id, BAD, AGAIN, 1)
    assert not await record(repository, delivery_id, OK, Verdict(state="delivered"), 1)
    row = await pool.fetchrow("SELECT *, next_attempt_at - now() AS wait FROM webhook_deliveries")
    assert row is not None
    assert (row["state"], row["attempts"]) == ("pending", 1)
    assert timedelta(seconds=95) < row["wait"] <= timedelta(seconds=100)
    assert await pool.fetchval("SELECT error FROM webhook_attempts") == "timeout"


async def test_what_has_ended_stays_ended(outcomes: Outcomes, pool: Pool) -> None:
    repository = DeliveryRepository(pool)
    delivery_id = await outcomes.delivery(URL)
    assert await record(repository, delivery_id, OK, Verdict(state="delivered"), 1)
    await record(repository, delivery_id, BAD, AGAIN, 2)
    await repository.put_off(delivery_id, 5)
    await repository.hold(delivery_id)
    row = await pool.fetchrow("SELECT state, attempts, next_attempt_at FROM webhook_deliveries")
    assert row is not None
    assert tuple(row) == ("delivered", 1, None)


async def test_the_first_failure_stays_until_a_success(outcomes: Outcomes, pool: Pool) -> None:
    repository = DeliveryRepository(pool)
    first, second = await outcomes.delivery(URL), await outcomes.delivery(URL)
    await record(repository, first, BAD, AGAIN, 1)
    await record(repository, first, BAD, AGAIN, 2, hours=3)
    assert await endpoint(pool) == (NOON, None, None)
    await record(repository, second, OK, Verdict(state="delivered"), 1, hours=4)
    assert await endpoint(pool) == (None, None, None)
    await record(repository, first, BAD, AGAIN, 3, hours=5)
    assert await endpoint(pool) == (NOON + timedelta(hours=5), None, None)


async def test_disabling_keeps_its_first_reason(outcomes: Outcomes, pool: Pool) -> None:
    repository = DeliveryRepository(pool)
    first, second = await outcomes.delivery(URL), await outcomes.delivery(URL)
    await record(repository, first, BAD, Verdict(state="held", disable="gone"), 1)
    await record(repository, second, BAD, Verdict(state="held", disable="other"), 1, hours=1)
    assert await endpoint(pool) == (NOON, NOON, "gone")
    delivery = await repository.load(first)
    assert delivery is not None
    assert (delivery.disabled, delivery.state, delivery.attempts) == (True, "held", 1)


async def test_a_deleted_job_takes_its_delivery_along(outcomes: Outcomes, pool: Pool) -> None:
    repository = DeliveryRepository(pool)
    delivery_id = await outcomes.delivery(URL)
    delivery = await repository.load(delivery_id)
    assert delivery is not None
    await pool.execute("DELETE FROM jobs")
    assert not await repository.record(delivery, OK, Verdict(state="delivered"), number=1, at=NOON)
    assert await repository.load(delivery_id) is None
