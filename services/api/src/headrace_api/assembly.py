"""All use cases, put together from what a process has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from nats.aio.client import Client

from headrace_api.bus.bell import QueuedBellRinger
from headrace_api.bus.dispatcher import DispatcherClient
from headrace_api.callers import Callers
from headrace_api.core.archives.intake import ArchiveIntake, IntakeSettings
from headrace_api.core.archives.limits import ArchiveLimits
from headrace_api.core.batcher import SubmitBatcher
from headrace_api.core.catalogue import Catalogue
from headrace_api.core.changes import Changes
from headrace_api.core.claims import Claims
from headrace_api.core.core import Core
from headrace_api.core.credits import Credits
from headrace_api.core.dead_letters import DeadLetters
from headrace_api.core.destinations import Destinations, Seal
from headrace_api.core.drains import Drains
from headrace_api.core.errors import NotConfiguredError
from headrace_api.core.estimates import Estimates
from headrace_api.core.files import Files
from headrace_api.core.fleet import Fleet
from headrace_api.core.handed_in import HandedIn
from headrace_api.core.jobs import JobDesk
from headrace_api.core.keys import ApiKeys
from headrace_api.core.market import Market
from headrace_api.core.output import Output
from headrace_api.core.pauses import Pauses
from headrace_api.core.pools import Pools
from headrace_api.core.quotas import Quotas
from headrace_api.core.results import Results
from headrace_api.core.retries import Retries
from headrace_api.core.submit import Submissions
from headrace_api.core.templates import Templates
from headrace_api.core.tokens import AgentAuth
from headrace_api.core.uploads import Uploads, UploadSettings
from headrace_api.core.usage import Usage
from headrace_api.core.webhook_endpoints import WebhookEndpoints
from headrace_api.core.webhooks import SystemResolver, WebhookGuard
from headrace_api.core.why import Why
from headrace_api.core.workers import SILENT_CHECK_INS, WorkerDesk
from headrace_api.settings import ApiSettings
from headrace_api.store.credits import RecordCredits
from headrace_api.store.dead_letters import RecordDeadLetters
from headrace_api.store.destinations import RecordDestinations
from headrace_api.store.estimates import RecordEstimates
from headrace_api.store.files import RecordFiles
from headrace_api.store.fleet import RecordFleet
from headrace_api.store.handed_in import RecordHandedIn
from headrace_api.store.keys import RecordKeys
from headrace_api.store.market import RecordMarket
from headrace_api.store.pauses import RecordDrains, RecordPauses
from headrace_api.store.pools import RecordPools
from headrace_api.store.quotas import RecordQuotas
from headrace_api.store.record import RecordJobs, RecordTokens, RecordUnits
from headrace_api.store.templates import RecordTemplates
from headrace_api.store.usage import RecordUsage
from headrace_api.store.waiting import RecordWaiting
from headrace_api.store.webhook_endpoints import RecordEndpoints
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
    catalogue = Catalogue(enable_noop=settings.enable_noop)
    submissions = Submissions(parts.batcher, uploads, RecordUnits(pool), jobs, parts.ringer)
    desk = JobDesk(jobs, dispatcher)
    workers_silent_s = SILENT_CHECK_INS * settings.worker_check_in_s
    estimates = Estimates(RecordEstimates(pool, worker_silent_s=workers_silent_s))
    guard = WebhookGuard(parts.resolver, allow_loopback=settings.allow_loopback_webhooks)
    destinations = Destinations(RecordDestinations(pool), _seal(settings))
    results = Results(jobs, blobs, max_json_bytes=settings.max_result_json_bytes)
    retries = Retries(desk, submissions, destinations, catalogue)
    output = Output(jobs, dispatcher, blobs)
    return Core(
        catalogue=catalogue,
        submissions=submissions,
        uploads=uploads,
        jobs=desk,
        retries=retries,
        dead_letters=DeadLetters(RecordDeadLetters(pool), retries, output),
        results=results,
        claims=Claims(jobs, dispatcher, lease_s=settings.rest_lease_s),
        agents=AgentAuth(
            static=frozenset() if token is None else frozenset({hash_token(token.get_secret_value())}),
            stored=RecordTokens(pool),
        ),
        webhooks=guard,
        webhook_endpoints=WebhookEndpoints(RecordEndpoints(pool), guard.check),
        files=Files(RecordFiles(pool), uploads, blobs),
        templates=Templates(RecordTemplates(pool)),
        credits=Credits(RecordCredits(pool)),
        destinations=destinations,
        pools=Pools(RecordPools(pool)),
        fleet=Fleet(RecordFleet(pool)),
        usage=Usage(RecordUsage(pool)),
        archives=ArchiveIntake(_intake(settings), uploads),
        market=Market(RecordMarket(pool), jobs),
        handed_in=HandedIn(RecordHandedIn(pool), results, uploads),
        identity=parts.callers.identity,
        guesses=parts.callers.guesses,
        keys=ApiKeys(RecordKeys(pool)),
        workers=WorkerDesk(
            RecordWorkers(pool, silent_s=workers_silent_s),
            dispatcher,
            check_in_s=settings.worker_check_in_s,
        ),
        limits=parts.callers.limits,
        changes=parts.changes,
        output=output,
        estimates=estimates,
        why=Why(RecordWaiting(pool), estimates),
        pauses=Pauses(RecordPauses(pool), dispatcher),
        drains=Drains(RecordDrains(pool), dispatcher),
        quotas=Quotas(RecordQuotas(pool)),
        tracing=parts.telemetry.tracing,
    )


def _intake(settings: ApiSettings) -> IntakeSettings:
    return IntakeSettings(
        max_bytes=settings.max_project_bytes,
        limits=ArchiveLimits(
            max_unpacked_bytes=settings.max_project_unpacked_bytes,
            max_ratio=settings.max_project_ratio,
            max_entries=settings.max_project_entries,
        ),
        slots=settings.project_slots,
        folder=settings.project_dir,
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
