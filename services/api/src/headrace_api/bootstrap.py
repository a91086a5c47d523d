"""The API's one composition root."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from headrace_api.assembly import Parts, make_core
from headrace_api.bus.bell import QueuedBellRinger
from headrace_api.bus.changes import JetStreamChanges
from headrace_api.callers import open_callers
from headrace_api.core.batcher import BatcherSettings, SubmitBatcher
from headrace_api.core.changes import Changes
from headrace_api.core.webhooks import SystemResolver
from headrace_api.http.admission import Admission, AdmissionSettings
from headrace_api.http.door import room_for
from headrace_api.http.plain_text import plain_text_middleware
from headrace_api.http.ports import Servers, alone
from headrace_api.http.root import make_root
from headrace_api.http.server import ServerSettings
from headrace_api.mounts import ROOT, MakeApp, makers
from headrace_api.settings import ApiSettings
from headrace_api.store.record import RecordInsert
from headrace_runtime.health import HealthServer
from headrace_runtime.nats import connect
from headrace_runtime.telemetry import Telemetry
from headrace_runtime.waiting import patiently
from headrace_store.blobs.errors import BlobError
from headrace_store.blobs.s3 import S3Blobs, open_blobs
from headrace_store.blobs.settings import S3Settings
from headrace_store.postgres import TRANSIENT, Pool, open_pool
from headrace_store.settings import PostgresSettings

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ports:
    """Where a running API listens."""

    api: int
    health: int
    #: Of the dialects that listen alone.
    dialects: Mapping[str, int]


@asynccontextmanager
async def api(settings: ApiSettings, telemetry: Telemetry) -> AsyncIterator[Ports]:
    """Run an API. Leaving drains: not ready, no new connections, requests under way are finished."""
    async with AsyncExitStack() as stack:
        pool = await _pool(settings)
        stack.push_async_callback(pool.close)
        nc = await connect(settings, "headrace-api")
        stack.push_async_callback(nc.close)
        blobs = await stack.enter_async_context(open_blobs(_s3(settings)))
        await _ensure_bucket(blobs)
        ringer = QueuedBellRinger(nc)
        batcher = SubmitBatcher(
            RecordInsert(pool),
            ringer,
            BatcherSettings(
                max_waiting_jobs=settings.max_waiting_jobs, patience_s=settings.postgres_statement_s
            ),
        )
        batcher.start()
        stack.push_async_callback(batcher.stop)
        resolver = SystemResolver()
        stack.callback(resolver.close)
        callers = await stack.enter_async_context(open_callers(settings, pool))
        stream = JetStreamChanges(nc)
        stack.push_async_callback(stream.close)
        changes = Changes(stream)
        core = make_core(
            settings,
            Parts(
                pool=pool,
                nc=nc,
                blobs=blobs,
                batcher=batcher,
                ringer=ringer,
                resolver=resolver,
                callers=callers,
                changes=changes,
                telemetry=telemetry,
            ),
        )
        make, tracing = _guarded(makers(core, settings), settings), telemetry.tracing
        server = Servers(
            make_root(make[ROOT](), {name: make[name]() for name in make if name != ROOT}, tracing),
            {name: (alone(make[name](), tracing), port) for name, port in settings.ports.items()},
            ServerSettings(
                host=settings.api_host,
                port=settings.api_port,
                head_timeout_s=settings.head_timeout_s,
                max_connections=room_for(settings.max_connections, ports=1 + len(settings.ports)),
                drain_s=settings.drain_s,
                drain_delay_s=settings.drain_delay_s,
            ),
        )
        health = _health(settings, pool, server)
        # Ready means listening; at the end health is the last to go, to say «not ready» meanwhile.
        stack.push_async_callback(health.stop)
        stack.push_async_callback(server.stop)
        # The first to go: whoever watches would keep the server from its end.
        changes.start()
        stack.push_async_callback(changes.stop)
        await server.start()
        health_port = await health.start()
        yield Ports(api=server.port, health=health_port, dialects=server.dialect_ports)


def _guarded(make: Mapping[str, MakeApp], settings: ApiSettings) -> Mapping[str, MakeApp]:
    """The same dialects, all behind one count of what is under way."""
    admission = Admission(
        AdmissionSettings(
            max_requests=settings.max_requests,
            max_streams=settings.max_streams,
            max_body_bytes=settings.max_bodies_bytes,
            max_spooled_bytes=settings.max_spooled_bytes,
        )
    )

    def guarded(one: MakeApp) -> MakeApp:
        def make_guarded() -> web.Application:
            app = admission.guard(one())
            app.middlewares.append(plain_text_middleware)
            return app

        return make_guarded

    return {name: guarded(one) for name, one in make.items()}


async def _pool(settings: ApiSettings) -> Pool:
    """Postgres may come up after us."""
    reach = PostgresSettings(
        url=settings.postgres_url.get_secret_value(),
        pool_max=settings.postgres_pool_max,
        acquire_timeout_s=settings.postgres_wait_s,
        statement_timeout_s=settings.postgres_statement_s,
    )
    return await patiently(
        "Postgres", lambda: open_pool(reach, application_name="headrace-api"), transient=TRANSIENT
    )


async def _ensure_bucket(blobs: S3Blobs) -> None:
    """An S3 that is away is no reason not to start: jobs without files need none."""
    try:
        await blobs.ensure_bucket()
    except BlobError as error:
        log.warning("the bucket could not be made sure of: %s", error, extra={"action": "blob.away"})


def _s3(settings: ApiSettings) -> S3Settings:
    return S3Settings(
        endpoint_url=settings.s3_endpoint_url,
        public_endpoint_url=settings.s3_public_endpoint_url,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key.get_secret_value(),
        bucket=settings.s3_bucket,
        region=settings.s3_region,
    )


def _health(settings: ApiSettings, pool: Pool, server: Servers) -> HealthServer:
    async def postgres() -> str | None:
        return None if await pool.fetchval("SELECT 1") == 1 else "no answer"

    # NATS and S3 don't count: without them most requests are answered all the same, and every replica would be
    # taken off the line at once.
    return HealthServer(settings, ready={"draining": server.check, "postgres": postgres})
