"""All use cases together: what a dialect is made of."""

from __future__ import annotations

from dataclasses import dataclass

from headrace_api.core.archives.intake import ArchiveIntake
from headrace_api.core.catalogue import Catalogue
from headrace_api.core.changes import Changes
from headrace_api.core.claims import Claims
from headrace_api.core.credits import Credits
from headrace_api.core.dead_letters import DeadLetters
from headrace_api.core.destinations import Destinations
from headrace_api.core.drains import Drains
from headrace_api.core.estimates import Estimates
from headrace_api.core.files import Files
from headrace_api.core.fleet import Fleet
from headrace_api.core.handed_in import HandedIn
from headrace_api.core.identity.guesses import Guesses
from headrace_api.core.identity.identity import Identity
from headrace_api.core.jobs import JobDesk
from headrace_api.core.keys import ApiKeys
from headrace_api.core.limits import RateLimits
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
from headrace_api.core.uploads import Uploads
from headrace_api.core.usage import Usage
from headrace_api.core.webhook_endpoints import WebhookEndpoints
from headrace_api.core.webhooks import WebhookGuard
from headrace_api.core.why import Why
from headrace_api.core.workers import WorkerDesk
from headrace_runtime.tracing import Tracing


@dataclass(frozen=True, kw_only=True, slots=True)
class Core:
    catalogue: Catalogue
    submissions: Submissions
    uploads: Uploads
    jobs: JobDesk
    retries: Retries
    dead_letters: DeadLetters
    results: Results
    claims: Claims
    agents: AgentAuth
    webhooks: WebhookGuard
    webhook_endpoints: WebhookEndpoints
    files: Files
    templates: Templates
    credits: Credits
    destinations: Destinations
    pools: Pools
    fleet: Fleet
    usage: Usage
    archives: ArchiveIntake
    market: Market
    handed_in: HandedIn
    identity: Identity
    guesses: Guesses
    keys: ApiKeys
    workers: WorkerDesk
    limits: RateLimits
    changes: Changes
    output: Output
    estimates: Estimates
    why: Why
    pauses: Pauses
    drains: Drains
    quotas: Quotas
    tracing: Tracing
