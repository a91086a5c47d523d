"""All use cases together: what a dialect is made of."""

from __future__ import annotations

from dataclasses import dataclass

from headrace_api.core.catalogue import Catalogue
from headrace_api.core.changes import Changes
from headrace_api.core.claims import Claims
from headrace_api.core.credits import Credits
from headrace_api.core.destinations import Destinations
from headrace_api.core.files import Files
from headrace_api.core.identity.identity import Identity
from headrace_api.core.jobs import JobDesk
from headrace_api.core.keys import ApiKeys
from headrace_api.core.limits import RateLimits
from headrace_api.core.results import Results
from headrace_api.core.submit import Submissions
from headrace_api.core.templates import Templates
from headrace_api.core.tokens import AgentAuth
from headrace_api.core.uploads import Uploads
from headrace_api.core.webhooks import WebhookGuard
from headrace_api.core.workers import WorkerDesk
from headrace_runtime.tracing import Tracing


@dataclass(frozen=True, kw_only=True, slots=True)
class Core:
    catalogue: Catalogue
    submissions: Submissions
    uploads: Uploads
    jobs: JobDesk
    results: Results
    claims: Claims
    agents: AgentAuth
    webhooks: WebhookGuard
    files: Files
    templates: Templates
    credits: Credits
    destinations: Destinations
    identity: Identity
    keys: ApiKeys
    workers: WorkerDesk
    limits: RateLimits
    changes: Changes
    tracing: Tracing
