"""The composition root of the publisher."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack
from importlib.metadata import version

from headrace_contracts.bus.streams import EXPORTER, PUBLISH, with_replicas
from headrace_contracts.ids import new_id
from headrace_publisher.export.consume import ExportHandler
from headrace_publisher.export.export import Export
from headrace_publisher.settings import PublisherSettings
from headrace_publisher.store.exports import ExportRepository
from headrace_runtime import nats, telemetry
from headrace_runtime.health import HealthServer
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.errors import JetStreamUnavailableError
from headrace_runtime.jetstream.pump import Pump
from headrace_runtime.jetstream.relay import Due, Relay
from headrace_runtime.process import Stop
from headrace_runtime.tasks import Background
from headrace_runtime.waiting import patiently
from headrace_store.blobs.s3 import open_blobs
from headrace_store.blobs.settings import S3Settings
from headrace_store.outbox.outbox import take_due_exports
from headrace_store.postgres import TRANSIENT, Pool, open_pool
from headrace_store.settings import PostgresSettings

log = logging.getLogger(__name__)

SERVICE = "headrace-publisher"
_STATEMENT_S = 10.0
_AWAY_S = 5.0
#: S3 calls together must end before the message's ack wait.
_S3_READ_S = 10.0
_S3_TRIES = 2


async def run(settings: PublisherSettings, stop: Stop) -> None:
    """Serve until a graceful stop. It is ready without S3: exports then wait in the record."""
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
        blobs = await stack.enter_async_context(open_blobs(_s3(settings)))
        nc = await nats.connect(settings, SERVICE)
        stack.push_async_callback(nc.close)
        js = await JetStream.open(nc)
        stack.push_async_callback(js.close)
        await patiently(
            "JetStream", lambda: _ensure(js, settings.stream_replicas), transient=(JetStreamUnavailableError,)
        )
        export = Export(record=ExportRepository(pool), blobs=blobs, most_bytes=settings.export_most_bytes)
        pump = Pump(
            stream=js,
            consumer=EXPORTER,
            handler=ExportHandler(
                export=export, tracing=signals.tracing, transient=TRANSIENT, away_s=_AWAY_S
            ),
            restore=lambda: _ensure(js, settings.stream_replicas),
            hands=settings.export_concurrency,
            drain_s=settings.export_drain_s,
        )
        relay = Relay(
            name="exports",
            stream=js,
            take=lambda limit: _take(pool, limit, settings.export_relay_grace_s),
            every_s=settings.export_relay_every_s,
            transient=TRANSIENT,
        )
        background = await stack.enter_async_context(Background())
        background.start("export", lambda: pump.run(stop))
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
        log.info("ready", extra={"action": "publisher.ready"})
        await stop.graceful.wait()
        await background.finish(settings.export_drain_s + 1)


def _s3(settings: PublisherSettings) -> S3Settings:
    return S3Settings(
        endpoint_url=settings.s3_endpoint_url,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key.get_secret_value(),
        bucket=settings.s3_bucket,
        region=settings.s3_region,
        read_timeout_s=_S3_READ_S,
        attempts=_S3_TRIES,
    )


async def _ensure(js: JetStream, replicas: int) -> None:
    await js.ensure_stream(with_replicas(PUBLISH, replicas))
    await js.ensure_consumer(EXPORTER)


async def _take(pool: Pool, limit: int, grace_s: float) -> Sequence[Due]:
    return await take_due_exports(pool, limit=limit, grace_s=grace_s)
