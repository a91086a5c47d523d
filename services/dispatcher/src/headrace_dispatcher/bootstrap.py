"""The dispatcher's one composition root."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from headrace_contracts.bus import streams, subjects
from headrace_contracts.jobs.lane import Lane
from headrace_contracts.jobs.priority import WORDS
from headrace_contracts.messages.agents import (
    Goodbye,
    Heartbeat,
    StartReply,
    StartRequest,
    UploadReply,
    UploadRequest,
)
from headrace_contracts.messages.bells import QueuedBell
from headrace_contracts.messages.requests import (
    Answer,
    AnswerReply,
    CancelRequest,
    ClaimReply,
    ClaimRequest,
    ReportRequest,
)
from headrace_dispatcher.claims.admission import Admission
from headrace_dispatcher.claims.claim import ClaimService
from headrace_dispatcher.claims.losses import Losses
from headrace_dispatcher.claims.report import ReportService
from headrace_dispatcher.claims.start import StartService
from headrace_dispatcher.leases.keeper import LeaseKeeper
from headrace_dispatcher.leases.presence import Presence
from headrace_dispatcher.leases.rest import RestPresence
from headrace_dispatcher.outbox.relay import Outbox
from headrace_dispatcher.reconcile.reconciler import Reconciler
from headrace_dispatcher.recorder.recorder import Recorder
from headrace_dispatcher.recorder.writer import OutcomeWriter
from headrace_dispatcher.release.lanes import LaneConsumers
from headrace_dispatcher.release.releaser import Releaser
from headrace_dispatcher.release.window import WindowRule
from headrace_dispatcher.requests import RequestServer
from headrace_dispatcher.schedule.scheduler import Scheduler
from headrace_dispatcher.settings import DispatcherSettings
from headrace_dispatcher.store.attempts import AttemptStore
from headrace_dispatcher.store.leases import AgentStore, LeaseStore, Singletons
from headrace_dispatcher.store.release import ReleaseStore
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


class Wakes:
    """Passes on what one part has noticed to the parts that are made after it."""

    def __init__(self) -> None:
        self.presence: Presence | None = None
        self.releaser: Releaser | None = None
        self.relay: Outbox | None = None

    def freed(self, lanes: Sequence[Lane]) -> None:
        if self.releaser is not None:
            self.releaser.freed(lanes)

    def requeued(self, lanes: Sequence[Lane]) -> None:
        if self.releaser is not None:
            self.releaser.ring(lanes)

    def reconnected(self) -> None:
        if self.presence is not None:
            self.presence.trust_again()

    def outbox(self) -> None:
        if self.relay is not None:
            self.relay.wake()


def lanes_in(bell: QueuedBell) -> Iterable[Lane]:
    """The lanes that a bell names; what is no lane is left out, the sweep finds its jobs."""
    for text in bell.lanes:
        parts = text.split("/")
        if len(parts) == 3 and parts[2] in WORDS:
            yield Lane(parts[0], parts[1], WORDS[parts[2]])


async def ensure_streams(js: JetStream, replicas: int) -> None:
    """Make the streams and the shared consumers.

    Raises ApiError when NATS has them in another form that can't be changed.
    """
    for definition in streams.ALL:
        await js.ensure_stream(streams.with_replicas(definition, replicas))
    for consumer in (streams.RECORDER, streams.WEBHOOKS, streams.EXPORTER):
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

        attempts, leases, agents = AttemptStore(pool), LeaseStore(pool), AgentStore(pool)
        store, singletons, consumers = ReleaseStore(pool), Singletons(pool), LaneConsumers(js)
        rule = WindowRule(
            smallest=settings.window_min, largest=settings.window_max, per_slot=settings.window_per_slot
        )
        releaser = wakes.releaser = Releaser(store, js, consumers, rule, telemetry)
        relay = wakes.relay = Outbox(pool, js)
        writer = OutcomeWriter(attempts, js, wakes, telemetry)
        losses = Losses(attempts, leases, js, wakes)
        admission = Admission(attempts, losses)
        recorder = Recorder(js, writer, attempts, losses)
        stack.push_async_callback(recorder.stop)
        present = Presence(
            agents, singletons, losses, releaser,
            silent_s=settings.agent_silent_s, timeout_grace_s=settings.timeout_grace_s,
        )  # fmt: skip
        wakes.presence = present
        keeper = LeaseKeeper(leases, singletons, losses, js, expire_every_s=1.0)
        reconciler = Reconciler(
            js, store, singletons, releaser, consumers, agents, losses, make_streams,
            telemetry, every_s=settings.reconcile_s,
        )  # fmt: skip

        background = await stack.enter_async_context(Background())
        for name, loop in {
            "releaser": releaser.run,
            "recorder": recorder.run,
            "relay": relay.run,
            "lease keeper": keeper.keep,
            "lease expiry": keeper.expire,
            "presence": present.run,
            "reconciler": reconciler.run,
            "scheduler": Scheduler(store, releaser, consumers, js).run,
        }.items():
            background.start(name, loop)

        requests = RequestServer(nc)
        stack.push_async_callback(requests.stop)
        await _serve(
            requests,
            StartService(attempts, admission, blobs, wakes),
            ClaimService(js, store, attempts, admission, releaser, RestPresence(agents)),
            ReportService(attempts, leases, writer, losses, js),
            present,
            releaser,
        )
        yield await _health(stack, settings, pool, js, background)


async def _serve(
    requests: RequestServer,
    starts: StartService,
    claims: ClaimService,
    reports: ReportService,
    presence: Presence,
    releaser: Releaser,
) -> None:
    async def ring(bell: QueuedBell) -> None:
        releaser.ring(lanes_in(bell))

    def unavailable(reason: str) -> AnswerReply:
        return AnswerReply(answer=Answer.UNAVAILABLE, error=reason)

    await requests.serve(subjects.START, StartRequest, starts.start, lambda why: StartReply(error=why))
    await requests.serve(subjects.UPLOAD, UploadRequest, starts.upload, lambda why: UploadReply(error=why))
    await requests.serve(subjects.CLAIM, ClaimRequest, claims.claim, lambda why: ClaimReply(error=why))
    await requests.serve(subjects.REPORT, ReportRequest, reports.report, unavailable)
    await requests.serve(subjects.CANCEL, CancelRequest, reports.cancel, unavailable)
    await requests.serve(subjects.HEARTBEAT, Heartbeat, presence.heartbeat, None)
    await requests.serve(subjects.GOODBYE, Goodbye, presence.goodbye, None)
    await requests.serve(subjects.BELL_QUEUED, QueuedBell, ring, None)
    # Ready means that a request finds us: the server has our subscriptions.
    await requests.flush()


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
