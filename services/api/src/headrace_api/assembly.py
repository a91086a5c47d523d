"""All use cases, put together from what a process has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from nats.aio.client import Client

from headrace_api.bus.bell import QueuedBellRinger
from headrace_api.bus.dispatcher import DispatcherClient
from headrace_api.callers import Callers
from headrace_api.core.batcher import SubmitBatcher
from headrace_api.core.catalogue import Catalogue
from headrace_api.core.changes import Changes
from headrace_api.core.claims import Claims
from headrace_api.core.core import Core
from headrace_api.core.credits import Credits
from headrace_api.core.destinations import Destinations, Seal
from headrace_api.core.errors import NotConfiguredError
from headrace_api.core.files import Files
from headrace_api.core.jobs import JobDesk
from headrace_api.core.keys import ApiKeys
from headrace_api.core.results import Results
from headrace_api.core.submit import Submissions
from headrace_api.core.templates import Templates
from headrace_api.core.tokens import AgentAuth
from headrace_api.core.uploads import Uploads, UploadSettings
from headrace_api.core.webhooks import SystemResolver, WebhookGuard
from headrace_api.core.workers import SILENT_CHECK_INS, WorkerDesk
from headrace_api.settings import ApiSettings
from headrace_api.store.credits import RecordCredits
from headrace_api.store.destinations import RecordDestinations
from headrace_api.store.files import RecordFiles
from headrace_api.store.keys import RecordKeys
from headrace_api.store.record import RecordJobs, RecordTokens, RecordUnits
from headrace_api.store.templates import RecordTemplates
from headrace_api.store.workers import RecordWorkers
from headrace_contracts.ids import hash_token
from headrace_runtime.telemetry import Telemetry
from headrace_store.blobs.s3 import S3Blobs
from headrace_store.postgres import Pool


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """What the use cases work with."""

    pool: Pool
    nc: Client
    blobs: S3Blobs
    batcher: SubmitBatcher
    ringer: QueuedBellRinger
    resolver: SystemResolver
    callers: Callers
    changes: Changes
    telemetry: Telemetry


def make_core(settings: ApiSettings, parts: Parts) -> Core:
    """The core of one API process."""
    pool, blobs = parts.pool, parts.blobs
    jobs = RecordJobs(pool)
    dispatcher = DispatcherClient(parts.nc, timeout_s=settings.dispatcher_timeout_s)
    uploads = Uploads(
        blobs, UploadSettings(max_file_bytes=settings.max_file_bytes, slots=settings.upload_slots)
    )
    token = settings.radiance_agent_token
    return Core(
        catalogue=Catalogue(enable_noop=settings.enable_noop),
        submissions=Submissions(parts.batcher, uploads, RecordUnits(pool), jobs, parts.ringer),
        uploads=uploads,
        jobs=JobDesk(jobs, dispatcher),
        results=Results(jobs, blobs, max_json_bytes=settings.max_result_json_bytes),
        claims=Claims(jobs, dispatcher, lease_s=settings.rest_lease_s),
        agents=AgentAuth(
            static=frozenset() if token is None else frozenset({hash_token(token.get_secret_value())}),
            stored=RecordTokens(pool),
        ),
        webhooks=WebhookGuard(parts.resolver, allow_loopback=settings.allow_loopback_webhooks),
        files=Files(RecordFiles(pool), uploads, blobs),
        templates=Templates(RecordTemplates(pool)),
        credits=Credits(RecordCredits(pool)),
        destinations=Destinations(RecordDestinations(pool), _seal(settings)),
        identity=parts.callers.identity,
        keys=ApiKeys(RecordKeys(pool)),
        workers=WorkerDesk(
            RecordWorkers(pool, silent_s=SILENT_CHECK_INS * settings.worker_check_in_s),
            dispatcher,
            check_in_s=settings.worker_check_in_s,
        ),
        limits=parts.callers.limits,
        changes=parts.changes,
        tracing=parts.telemetry.tracing,
    )


def _seal(settings: ApiSettings) -> Seal:
    """With the site's key; without one destinations can't keep credentials."""
    site_key = settings.site_key
    box = None if site_key is None else site_key.destinations()

    def seal(secret: dict[str, Any], destination_id: UUID) -> bytes:
        if box is None:
            raise NotConfiguredError("HEADRACE_SECRET_KEY")
        return box.seal_fields(destination_id, secret)

    return seal
