"""The composition root of the publisher."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from importlib.metadata import version

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.resolver import AsyncResolver

from headrace_contracts.bus.streams import EXPORTER, PUBLISH, PUBLISHER, with_replicas
from headrace_contracts.ids import new_id
from headrace_publisher.export.consume import ExportHandler
from headrace_publisher.export.export import Export
from headrace_publisher.platforms.platform import PlatformPublisher
from headrace_publisher.platforms.registry import platforms
from headrace_publisher.platforms.s3.stores import Stores
from headrace_publisher.publish.consume import PublishHandler
from headrace_publisher.publish.hands import Hands
from headrace_publisher.publish.instruments import instruments
from headrace_publisher.publish.notebook import Notebook
from headrace_publisher.publish.pack import Pack
from headrace_publisher.publish.policy import Policy, retry_backoff
from headrace_publisher.publish.prepare import Opener
from headrace_publisher.publish.publish import Publish
from headrace_publisher.settings import PublisherSettings
from headrace_publisher.store.exports import ExportRepository
from headrace_publisher.store.publications import PublicationRepository
from headrace_publisher.web.calls import Calls
from headrace_runtime import nats, telemetry
from headrace_runtime.guard import open_session
from headrace_runtime.health import HealthServer
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.errors import JetStreamUnavailableError
from headrace_runtime.jetstream.pump import Pump
from headrace_runtime.jetstream.relay import Due, Relay
from headrace_runtime.process import Stop
from headrace_runtime.tasks import Background
from headrace_runtime.telemetry import Telemetry
from headrace_runtime.tracing import Tracing
from headrace_runtime.waiting import patiently
from headrace_store.blobs.client import open_client
from headrace_store.blobs.s3 import S3Blobs, open_blobs
from headrace_store.blobs.settings import S3Settings
from headrace_store.outbox.outbox import take_due_exports, take_due_publications
from headrace_store.postgres import TRANSIENT, Pool, open_pool
from headrace_store.sealed import SiteKey
from headrace_store.settings import PostgresSettings

log = logging.getLogger(__name__)

SERVICE = "headrace-publisher"
_STATEMENT_S = 10.0
_AWAY_S = 5.0
#: S3 calls together must end before the message's ack wait.
_S3_READ_S = 10.0
_S3_TRIES = 2
#: Each call to a platform has a total of its own, by its size.
_CALLS = aiohttp.ClientTimeout(total=None, sock_connect=10.0, sock_read=60.0)

Loop = Callable[[Stop], Awaitable[None]]


async def run(settings: PublisherSettings, stop: Stop, *, resolver: AbstractResolver | None = None) -> None:
    """Serve until a graceful stop. It is ready without S3: exports then wait in the record.

    ``resolver`` replaces the system's DNS for destinations.
    """
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
        loops = (
            *_exporting(settings, pool, blobs, js, signals.tracing),
            *await _publishing(stack, settings, pool, blobs, js, signals, resolver),
        )
        stop.serving = True
        background = await stack.enter_async_context(Background())
        for name, loop in loops:
            background.start(name, partial(loop, stop))

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


def _exporting(
    settings: PublisherSettings, pool: Pool, blobs: S3Blobs, js: JetStream, tracing: Tracing
) -> tuple[tuple[str, Loop], ...]:
    export = Export(record=ExportRepository(pool), blobs=blobs, most_bytes=settings.export_most_bytes)
    pump = Pump(
        stream=js,
        consumer=EXPORTER,
        handler=ExportHandler(export=export, tracing=tracing, transient=TRANSIENT, away_s=_AWAY_S),
        restore=lambda: _ensure(js, settings.stream_replicas),
        hands=settings.export_concurrency,
        drain_s=settings.export_drain_s,
    )
    grace_s = settings.export_relay_grace_s
    relay = Relay(
        name="exports",
        stream=js,
        take=lambda limit: _due(take_due_exports(pool, limit=limit, grace_s=grace_s)),
        every_s=settings.export_relay_every_s,
        transient=TRANSIENT,
    )
    return ("export", pump.run), ("relay", relay.run)


async def _publishing(
    stack: AsyncExitStack,
    settings: PublisherSettings,
    pool: Pool,
    blobs: S3Blobs,
    js: JetStream,
    signals: Telemetry,
    resolver: AbstractResolver | None,
) -> tuple[tuple[str, Loop], ...]:
    known = await _platforms(stack, settings, resolver)
    handler = PublishHandler(
        publish=_publish(settings, pool, blobs, known, signals),
        stream=js,
        tracing=signals.tracing,
        transient=TRANSIENT,
        away_s=_AWAY_S,
    )
    pump = Pump(
        stream=js,
        consumer=PUBLISHER,
        handler=handler,
        restore=lambda: _ensure(js, settings.stream_replicas),
        # One more a platform: who finds its hands full is put off at once.
        hands=len(known) * (settings.publish_concurrency + 1),
        drain_s=settings.export_drain_s,
    )
    grace_s = settings.publish_relay_grace_s
    relay = Relay(
        name="publications",
        stream=js,
        take=lambda limit: _due(take_due_publications(pool, limit=limit, grace_s=grace_s)),
        every_s=settings.publish_relay_every_s,
        transient=TRANSIENT,
    )
    return ("publish", pump.run), ("relay publications", relay.run)


async def _platforms(
    stack: AsyncExitStack, settings: PublisherSettings, resolver: AbstractResolver | None
) -> Mapping[str, PlatformPublisher]:
    if resolver is None:
        # The system's resolver runs in a few threads: names that hang would hold those of other destinations.
        resolver = AsyncResolver()
        stack.push_async_callback(resolver.close)
    loopback = settings.allow_loopback_webhooks
    session = await stack.enter_async_context(
        open_session(allow_loopback=loopback, timeout=_CALLS, resolver=resolver)
    )
    own = _s3(settings)
    stores = Stores(
        own=await stack.enter_async_context(open_client(own, own.endpoint_url)),
        own_bucket=own.bucket,
        more_buckets=settings.buckets,
        allow_loopback=loopback,
        resolver=resolver,
    )
    calls = Calls(session=session, allow_loopback=loopback)
    return platforms(calls, stores, chunk_bytes=settings.publish_chunk_bytes)


def _publish(
    settings: PublisherSettings,
    pool: Pool,
    blobs: S3Blobs,
    known: Mapping[str, PlatformPublisher],
    signals: Telemetry,
) -> Publish:
    key = None if settings.secret_key is None else SiteKey(settings.secret_key.get_secret_value())
    loopback = settings.allow_loopback_webhooks
    return Publish(
        record=PublicationRepository(pool),
        pack=Pack(blobs=blobs, most_bytes=settings.export_most_bytes),
        platforms=known,
        hands=Hands(per_platform=settings.publish_concurrency),
        notebook=None if key is None else Notebook(box=key.publications()),
        opener=None if key is None else Opener(box=key.destinations(), allow_loopback=loopback),
        policy=Policy(
            attempts=settings.publish_attempts,
            retry=retry_backoff(settings.publish_retry_s),
            patience_s=settings.publish_patience_s,
            lease_s=settings.publish_lease_s,
        ),
        relay_grace_s=settings.publish_relay_grace_s,
        instruments=instruments(signals.metrics),
        tracing=signals.tracing,
        transient=TRANSIENT,
    )


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
    await js.ensure_consumer(PUBLISHER)


async def _due(taken: Awaitable[Sequence[Due]]) -> Sequence[Due]:
    return await taken
