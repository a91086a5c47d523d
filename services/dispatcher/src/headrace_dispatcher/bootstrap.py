"""The dispatcher's one composition root."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from headrace_contracts.bus import streams
from headrace_dispatcher.changes.feed import ChangeFeed
from headrace_dispatcher.claims.admission import Admission
from headrace_dispatcher.claims.claim import ClaimService
from headrace_dispatcher.claims.losses import Losses
from headrace_dispatcher.claims.one import OneClaim
from headrace_dispatcher.claims.report import ReportService
from headrace_dispatcher.claims.start import StartService
from headrace_dispatcher.claims.workers import WorkerService
from headrace_dispatcher.housekeeping.cleaner import Cleaner
from headrace_dispatcher.housekeeping.orphans import OrphanSweep
from headrace_dispatcher.housekeeping.sweeper import Sweeper
from headrace_dispatcher.leases.keeper import LeaseKeeper
from headrace_dispatcher.leases.presence import Presence
from headrace_dispatcher.leases.rest import RestPresence
from headrace_dispatcher.outbox.relay import Outbox
from headrace_dispatcher.pools.drains import Drains
from headrace_dispatcher.pools.pauses import Pauses
from headrace_dispatcher.pools.recall import Recaller
from headrace_dispatcher.publishing.approve import ApproveService
from headrace_dispatcher.publishing.settler import Settler
from headrace_dispatcher.reconcile.reconciler import Reconciler
from headrace_dispatcher.recorder.recorder import Recorder
from headrace_dispatcher.recorder.writer import OutcomeWriter
from headrace_dispatcher.release.lanes import LaneConsumers
from headrace_dispatcher.release.releaser import Releaser
from headrace_dispatcher.release.republish import Republisher
from headrace_dispatcher.release.window import WindowRule
from headrace_dispatcher.requests import RequestServer
from headrace_dispatcher.schedule.aging import Aging
from headrace_dispatcher.schedule.move import MoveService
from headrace_dispatcher.schedule.queue_timeouts import QueueTimeouts
from headrace_dispatcher.schedule.scheduler import Scheduler
from headrace_dispatcher.schedule.times import TimeService
from headrace_dispatcher.serving import Services, serve
from headrace_dispatcher.settings import DispatcherSettings
from headrace_dispatcher.store.aging import AgingStore
from headrace_dispatcher.store.attempts import AttemptStore
from headrace_dispatcher.store.drains import DrainStore
from headrace_dispatcher.store.housekeeping import HousekeepingStore
from headrace_dispatcher.store.leases import AgentStore, LeaseStore, Singletons
from headrace_dispatcher.store.orphans import OrphanStore
from headrace_dispatcher.store.outcomes import OutcomeStore
from headrace_dispatcher.store.pools import PoolStore
from headrace_dispatcher.store.publishing import PublishingStore
from headrace_dispatcher.store.release import ReleaseStore
from headrace_dispatcher.store.reports import ReportStore
from headrace_dispatcher.wakes import Wakes
from headrace_runtime.health import HealthServer
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.errors import JetStreamUnavailableError
from headrace_runtime.nats import connect
from headrace_runtime.tasks import Background
from headrace_runtime.telemetry import Telemetry
from headrace_runtime.waiting import patiently
from headrace_store.blobs.s3 import open_blobs
from headrace_store.blobs.settings import S3Settings
from headrace_store.postgres import TRANSIENT, Pool, open_pool
from headrace_store.settings import PostgresSettings

log = logging.getLogger(__name__)


async def ensure_streams(js: JetStream, replicas: int) -> None:
    """Make the streams and the shared consumers.

    Raises ApiError when NATS has them in another form that can't be changed.
    """
    for definition in streams.ALL:
        await js.ensure_stream(streams.with_replicas(definition, replicas))
    for consumer in (streams.RECORDER, streams.WEBHOOKS, streams.EXPORTER, streams.PUBLISHER):
        await js.ensure_consumer(consumer)


@asynccontextmanager
async def dispatcher(settings: DispatcherSettings, telemetry: Telemetry) -> AsyncIterator[int]:
    """Run a dispatcher; yields its health port. Leaving drains: nothing new is taken, what runs is finished."""
    async with AsyncExitStack() as stack:
        record = PostgresSettings(
            url=settings.postgres_url.get_secret_value(), pool_max=settings.postgres_pool_max, pool_min=2
        )
        pool = await patiently(
            "Postgres",
            lambda: open_pool(record, application_name="headrace-dispatcher"),
            transient=TRANSIENT,
        )
        stack.push_async_callback(pool.close)
        blobs = await stack.enter_async_context(
            open_blobs(
                S3Settings(
                    endpoint_url=settings.s3_endpoint_url,
                    public_endpoint_url=settings.s3_public_endpoint_url,
                    access_key=settings.s3_access_key,
                    secret_key=settings.s3_secret_key.get_secret_value(),
                    bucket=settings.s3_bucket,
                    region=settings.s3_region,
                )
            )
        )
        wakes = Wakes()
        nc = await connect(settings, "headrace-dispatcher", on_reconnect=wakes.reconnected)
        stack.push_async_callback(nc.close)
        js = await JetStream.open(nc)
        make_streams = partial(ensure_streams, js, settings.stream_replicas)
        await patiently("JetStream", make_streams, transient=(JetStreamUnavailableError,))

        feed = wakes.feed = ChangeFeed(nc)
        stack.push_async_callback(feed.flush)
        attempts, outcomes, reports = AttemptStore(pool), OutcomeStore(pool), ReportStore(pool)
        leases, agents, singletons = LeaseStore(pool), AgentStore(pool), Singletons(pool)
        store, publishing, consumers = ReleaseStore(pool), PublishingStore(pool), LaneConsumers(js)
        work = Republisher(js)
        rule = WindowRule(
            smallest=settings.window_min, largest=settings.window_max, per_slot=settings.window_per_slot
        )
        releaser = wakes.releaser = Releaser(store, js, consumers, rule, telemetry)
        relay = wakes.relay = Outbox(pool, js)
        writer = OutcomeWriter(outcomes, attempts, js, wakes, telemetry)
        losses = Losses(attempts, outcomes, leases, js, wakes)
        admission = Admission(attempts, losses)
        recorder = Recorder(js, writer, reports, losses, feed, make_streams)
        stack.push_async_callback(recorder.stop)
        present = wakes.presence = Presence(
            agents, singletons, losses, releaser,
            silent_s=settings.agent_silent_s, timeout_grace_s=settings.timeout_grace_s,
        )  # fmt: skip
        keeper = LeaseKeeper(leases, singletons, losses, js, expire_every_s=1.0)
        reconciler = Reconciler(
            js, store, singletons, releaser, consumers, agents, losses, make_streams,
            telemetry, every_s=settings.reconcile_s,
        )  # fmt: skip
        orphans = OrphanStore(pool)
        sweep = OrphanSweep(orphans, blobs, grace_s=settings.sweep_grace_s)
        sweeper = Sweeper(orphans, sweep, singletons, telemetry, every_s=settings.sweep_every_s)
        scheduler = Scheduler(store, releaser, consumers, js, feed)
        paused = PoolStore(pool)
        recaller = Recaller(store, paused, work)
        pauses = Pauses(paused, store, recaller, releaser)
        aging = Aging(AgingStore(pool), recaller, releaser, period_s=settings.aging_s)

        background = await stack.enter_async_context(Background())
        for name, loop in {
            "changes": feed.run,
            "releaser": releaser.run,
            "recorder": recorder.run,
            "relay": relay.run,
            "lease keeper": keeper.keep,
            "lease expiry": keeper.expire,
            "presence": present.run,
            "reconciler": reconciler.run,
            "scheduler": scheduler.run,
            "schedules": scheduler.fire,
            "pauses": pauses.run,
            **({"aging": aging.run} if settings.aging_s else {}),
            "queue timeouts": QueueTimeouts(attempts, losses, singletons).run,
            "publishing": Settler(publishing, wakes).run,
            "housekeeping": Cleaner(HousekeepingStore(pool), singletons).run,
            "orphan files": sweeper.run,
        }.items():
            background.start(name, loop)

        requests = RequestServer(nc)
        stack.push_async_callback(requests.stop)
        one = OneClaim(attempts, work, wakes)
        services = Services(
            starts=StartService(attempts, admission, blobs, wakes),
            claims=ClaimService(js, store, attempts, admission, releaser, RestPresence(agents), one, feed),
            reports=ReportService(attempts, reports, leases, writer, losses, feed),
            workers=WorkerService(leases, losses),
            approvals=ApproveService(publishing, attempts, wakes),
            times=TimeService(attempts, work, wakes),
            moves=MoveService(attempts, recaller, wakes),
            pauses=pauses,
            drains=Drains(DrainStore(pool), nc),
            presence=present,
            releaser=releaser,
        )
        # Ready means that a request finds us: the server has our subscriptions.
        await serve(requests, services)
        yield await _health(stack, settings, pool, js, background)


async def _health(
    stack: AsyncExitStack, settings: DispatcherSettings, pool: Pool, js: JetStream, background: Background
) -> int:
    async def postgres() -> str | None:
        return None if await pool.fetchval("SELECT 1") == 1 else "no answer"

    async def nats() -> str | None:
        return None if js.nc.is_connected else "not connected"

    health = HealthServer(settings, ready={"postgres": postgres, "nats": nats, "loops": background.check})
    port = await health.start()
    stack.push_async_callback(health.stop)
    return port
