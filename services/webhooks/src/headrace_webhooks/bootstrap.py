"""The composition root of the webhooks service."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack
from importlib.metadata import version

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.resolver import AsyncResolver

from headrace_contracts.bus.streams import HOOKS, WEBHOOKS, with_replicas
from headrace_contracts.ids import new_id
from headrace_contracts.signing import parse_secrets
from headrace_runtime import nats, telemetry
from headrace_runtime.guard import open_session
from headrace_runtime.health import HealthServer
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.errors import JetStreamUnavailableError
from headrace_runtime.jetstream.pump import Pump
from headrace_runtime.jetstream.relay import Due, Relay
from headrace_runtime.process import Stop
from headrace_runtime.tasks import Background
from headrace_runtime.waiting import patiently
from headrace_store.outbox.outbox import take_due_deliveries
from headrace_store.postgres import TRANSIENT, Pool, open_pool
from headrace_store.settings import PostgresSettings
from headrace_webhooks.consume import HookHandler
from headrace_webhooks.deliver import Deliver
from headrace_webhooks.gate import EndpointGate
from headrace_webhooks.sender import Sender
from headrace_webhooks.settings import WebhooksSettings
from headrace_webhooks.store.deliveries import DeliveryRepository

log = logging.getLogger(__name__)

SERVICE = "headrace-webhooks"
#: A service that holds a connection for a whole statement would otherwise outlast the ack wait.
_STATEMENT_S = 10.0
_AWAY_S = 5.0


async def run(settings: WebhooksSettings, stop: Stop, *, resolver: AbstractResolver | None = None) -> None:
    """Serve until a graceful stop. ``resolver`` replaces the system's DNS."""
    async with AsyncExitStack() as stack:
        signals = telemetry.start(SERVICE, instance_id=str(new_id()), version=version(SERVICE))
        stack.push_async_callback(signals.stop)
        postgres = PostgresSettings(
            url=settings.postgres_url.get_secret_value(),
            pool_max=settings.postgres_pool_max,
            statement_timeout_s=_STATEMENT_S,
        )
        pool = await patiently(
            "Postgres", lambda: open_pool(postgres, application_name=SERVICE), transient=TRANSIENT
        )
        stack.push_async_callback(pool.close)
        nc = await nats.connect(settings, SERVICE)
        stack.push_async_callback(nc.close)
        js = await JetStream.open(nc)
        stack.push_async_callback(js.close)
        await patiently(
            "JetStream", lambda: _ensure(js, settings.stream_replicas), transient=(JetStreamUnavailableError,)
        )
        if resolver is None:
            # The system's resolver runs in a few threads: names that hang would hold those of other endpoints.
            resolver = AsyncResolver()
            stack.push_async_callback(resolver.close)
        session = await stack.enter_async_context(
            open_session(
                allow_loopback=settings.allow_loopback_webhooks,
                timeout=aiohttp.ClientTimeout(total=settings.webhook_timeout_s),
                resolver=resolver,
            )
        )
        sender = Sender(
            session=session,
            timeout_s=settings.webhook_timeout_s,
            allow_http=settings.allow_http_webhooks,
            allow_loopback=settings.allow_loopback_webhooks,
        )
        handler = HookHandler(
            deliver=_deliver(settings, pool, sender),
            tracing=signals.tracing,
            transient=TRANSIENT,
            away_s=_AWAY_S,
        )
        pump = Pump(
            stream=js,
            consumer=WEBHOOKS,
            handler=handler,
            restore=lambda: _ensure(js, settings.stream_replicas),
            hands=settings.webhook_concurrency,
            drain_s=settings.webhook_drain_s,
        )
        relay = Relay(
            name="deliveries",
            stream=js,
            take=lambda limit: _take(pool, limit, settings.webhook_relay_grace_s),
            every_s=settings.webhook_relay_every_s,
            transient=TRANSIENT,
        )
        stop.serving = True
        background = await stack.enter_async_context(Background())
        background.start("deliver", lambda: pump.run(stop))
        background.start("relay", lambda: relay.run(stop))

        async def connected() -> str | None:
            return None if nc.is_connected else "not connected to NATS"

        async def record() -> str | None:
            await pool.fetchval("SELECT 1")
            return None

        checks = {"nats": connected, "postgres": record, "loops": background.check}
        health = HealthServer(settings, ready=checks)
        await health.start()
        stack.push_async_callback(health.stop)
        log.info("ready", extra={"action": "webhooks.ready"})
        await stop.graceful.wait()
        await background.finish(settings.webhook_drain_s + 1)


def _deliver(settings: WebhooksSettings, pool: Pool, sender: Sender) -> Deliver:
    return Deliver(
        deliveries=DeliveryRepository(pool),
        sender=sender,
        gate=EndpointGate(
            per_endpoint=settings.webhook_endpoint_concurrency,
            wait_s=settings.webhook_endpoint_wait_s,
            slow_s=settings.webhook_put_off_s / 2,
        ),
        keys=parse_secrets(settings.webhook_secret.get_secret_value()),
        put_off_s=settings.webhook_put_off_s,
        transient=TRANSIENT,
    )


async def _ensure(js: JetStream, replicas: int) -> None:
    await js.ensure_stream(with_replicas(HOOKS, replicas))
    await js.ensure_consumer(WEBHOOKS)


async def _take(pool: Pool, limit: int, grace_s: float) -> Sequence[Due]:
    return await take_due_deliveries(pool, limit=limit, grace_s=grace_s)
