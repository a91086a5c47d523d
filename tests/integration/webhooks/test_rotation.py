"""Which secrets sign, by the record's clock; and deliveries that tell of no job."""

from __future__ import annotations

from tests.support.outcomes import Outcomes

from headrace_contracts.ids import new_id
from headrace_store.outbox.outbox import take_due_deliveries
from headrace_store.postgres import Pool
from headrace_webhooks.store.deliveries import DeliveryRepository

URL = "https://myapp.com/webhook"


async def test_the_old_secret_signs_until_its_time_is_over(outcomes: Outcomes, pool: Pool) -> None:
    repository, delivery_id = DeliveryRepository(pool), await outcomes.delivery(URL)

    async def secret() -> str | None:
        delivery = await repository.load(delivery_id)
        assert delivery is not None
        return delivery.secret

    assert await secret() is None  # the site's own
    await pool.execute("UPDATE webhook_endpoints SET secret = 'new'")
    assert await secret() == "new"
    await pool.execute(
        "UPDATE webhook_endpoints SET old_secret = 'old', old_secret_until = now() + interval '1 hour'"
    )
    assert await secret() == "new old"
    await pool.execute("UPDATE webhook_endpoints SET old_secret_until = now() - interval '1 second'")
    assert await secret() == "new"


async def test_a_delivery_without_a_job_is_relayed_and_loaded(outcomes: Outcomes, pool: Pool) -> None:
    await outcomes.delivery(URL)
    trial = new_id()
    await pool.execute(
        "INSERT INTO webhook_deliveries (id, endpoint_id, event, created_at, next_attempt_at) "
        "SELECT $1, id, 'webhook.test', now(), now() FROM webhook_endpoints",
        trial,
    )
    due = await take_due_deliveries(pool, limit=10, grace_s=60)
    assert trial in [each.id for each in due]
    delivery = await DeliveryRepository(pool).load(trial)
    assert delivery is not None
    assert delivery.job is None
