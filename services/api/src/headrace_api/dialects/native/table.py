"""All routes, in the order of the document."""

from __future__ import annotations

from headrace_api.core.core import Core
from headrace_api.dialects.native.route import Route
from headrace_api.dialects.native.routes import (
    account,
    batch,
    dead_letters,
    decisions,
    destinations,
    events,
    files,
    fleet,
    jobs,
    models,
    outcome,
    quotas,
    switches,
    templates,
    webhooks,
)
from headrace_api.dialects.native.settings import NativeSettings


def all_routes(core: Core, settings: NativeSettings) -> list[Route]:
    return [
        *jobs.routes(core, settings),
        *batch.routes(core, settings),
        *decisions.routes(core),
        *outcome.routes(core, settings),
        *dead_letters.routes(core),
        *events.routes(core, settings),
        *files.routes(core, settings),
        *models.routes(core),
        *templates.routes(core),
        *destinations.routes(core, settings),
        *webhooks.routes(core),
        *fleet.routes(core),
        *switches.routes(core),
        *account.routes(core, settings),
        *quotas.routes(core),
    ]
