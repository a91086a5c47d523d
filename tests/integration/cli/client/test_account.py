"""What an account keeps and sees beside its jobs, through both clients."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.cli.client.conftest import Caller, Callers
from tests.support.site import SiteAccount

from headrace.client.errors import ApiError, ConflictError, NotFoundError


async def test_the_account_and_its_usage(call: Caller, account: SiteAccount) -> None:
    card = await call("account")
    assert card.account_id == f"acct_{account.id.hex}"
    assert (card.plan, card.per_minute, card.per_hour) == ("operate", 60, 1000)
    await call("submit", "noop")
    today = datetime.now(UTC).date()
    usage = await call("usage")
    assert (usage.jobs, [(line.model, line.status, line.jobs) for line in usage.lines]) == (
        1, [("noop", "queued", 1)],
    )  # fmt: skip
    assert await call("usage", today, today) == usage
    assert (await call("usage", "2020-01-01", "2020-01-02")).jobs == 0
    with pytest.raises(ApiError, match="must not lie before"):
        await call("usage", "2020-01-02", "2020-01-01")


async def test_models_have_schemas(call: Caller) -> None:
    models = {model.id: model for model in await call("models")}
    speech = models["text-to-speech"]
    assert await call("model", "text-to-speech") == speech
    assert (speech.requires_file, speech.input_field) == (False, "text")
    assert "text" in speech.payload_schema["properties"]
    with pytest.raises(NotFoundError):
        await call("model", "none")


async def test_a_template_is_kept_changed_used_and_deleted(call: Caller) -> None:
    made = await call("create_template", "short", {"max_tokens": 5}, model="text-generation")
    changed = await call("update_template", made.template_id, "shorter", {"max_tokens": 3})
    assert (changed.name, changed.model, changed.options) == ("shorter", None, {"max_tokens": 3})
    assert await call("template", made.template_id) == changed
    assert await call("templates") == [changed]
    job = await call("submit", "text-generation", "Once", template_id=made.template_id)
    assert (await call("get", job.job_id)).template_id == made.template_id
    await call("delete_template", made.template_id)
    assert await call("templates") == []


async def test_a_destination_never_shows_its_secret(call: Caller) -> None:
    secret = {"signing_secret": "whsec_aHVzaCBodXNoIGh1c2ggaHVzaCBodXNoIQ==", "authorization": "Bearer hush"}
    place = ("create_destination", "mirror", "http", {"url": "https://example.com/in"})
    made = await call(*place, secret=secret)
    assert (made.name, made.platform, made.has_secret) == ("mirror", "http", True)
    assert "hush" not in repr(made)
    assert await call("destinations") == [made]
    with pytest.raises(ConflictError):
        await call(*place, secret=secret)
    job = await call("submit", "noop", destinations=["mirror"], staging=True)
    (publication,) = (await call("get", job.job_id)).publications
    assert (publication.destination, publication.platform, publication.status) == ("mirror", "http", "held")
    await call("cancel", job.job_id)


async def test_a_webhook_from_its_begin_to_its_end(call: Caller) -> None:
    made = await call("create_webhook", "http://127.0.0.1:9/hook", events=["job.failed"], description="mine")
    assert made.secret.startswith("whsec_")
    assert made.secret not in repr(made)
    kept = await call("webhook", made.webhook_id)
    assert (kept.secret, kept.events, kept.enabled) == (None, ["job.failed"], True)
    assert await call("webhooks") == [kept]
    rotated = await call("rotate_webhook", made.webhook_id)
    assert rotated.secret != made.secret
    assert rotated.old_secret_until > datetime.now(UTC)
    queued = await call("test_webhook", made.webhook_id)
    (delivery,) = (await call("deliveries", made.webhook_id)).deliveries
    assert (delivery.delivery_id, delivery.status, delivery.attempts) == (queued.delivery_id, "pending", [])
    again = await call("redeliver", made.webhook_id, queued.delivery_id)
    assert again.status == "pending"
    assert (await call("enable_webhook", made.webhook_id)).enabled
    await call("delete_webhook", made.webhook_id)
    assert await call("webhooks") == []


async def test_a_key_is_made_used_and_revoked(call: Caller, callers: Callers) -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    made = await call("create_key", "laptop", scopes=["jobs:read"], expires_at=until, per_minute=10)
    assert (made.expires_at, made.scopes, made.per_minute) == (until, ["jobs:read"], 10)
    assert made.key not in repr(made)
    other = callers.to(made.key)
    assert (await other("account")).scopes == ["jobs:read"]
    await call("revoke_key", made.key_id)
    (kept,) = [key for key in await call("keys") if key.key_id == made.key_id]
    assert (kept.key, kept.revoked_at is None) == (None, False)
    with pytest.raises(ApiError) as refusal:
        await other("account")
    assert refusal.value.status == 401


async def test_pools_and_agents(call: Caller) -> None:
    made = await call(
        "put_pool", "client-test-v100", gpu_type="v100", gpu_count=1, vram_gb=16, price_per_hour=0.3
    )
    assert made in await call("pools")
    job = await call("submit", "noop", requirements={"gpu_type": "v100", "gpu_count": 1})
    assert job.pool == made.name
    with pytest.raises(ConflictError):
        await call("delete_pool", made.name)
    await call("cancel", job.job_id)
    await call("delete_pool", made.name)
    assert made not in await call("pools")
    assert isinstance(await call("agents"), list)
