"""The composition root of the agent process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from headrace_agent.agent import Agent, Transport
from headrace_agent.executors.handler.executor import HandlerExecutor
from headrace_agent.executors.handler.pool import PoolLimits, WorkerPool
from headrace_agent.executors.inline import InlineFirst
from headrace_agent.identity import Identity, new_identity
from headrace_agent.models import Models, carried, choose_models, load_registry
from headrace_agent.runs.active import ActiveRuns
from headrace_agent.runs.folder import WorkDir
from headrace_agent.runs.job import Job
from headrace_agent.runs.ports import Channel
from headrace_agent.runs.run import Run
from headrace_agent.settings import AgentSettings
from headrace_agent.slots import Slots
from headrace_agent.transport.jetstream.transport import JetStreamTransport
from headrace_agent.transport.rest.transport import RestTransport
from headrace_runtime import telemetry
from headrace_runtime.health import HealthServer
from headrace_runtime.process import FORCED, Stop

logger = logging.getLogger(__name__)


def find_models(settings: AgentSettings) -> Models:
    """Raises UnknownModelError, or ImportError for a registry that does not exist."""
    registry = load_registry(settings.agent_handlers)
    installed, missing = carried(
        registry.installed(), registry.missing(), extra_files=settings.agent_transport == "jetstream"
    )
    return choose_models(installed, missing, wanted=settings.agent_models, noop=settings.enable_noop)


async def serve(settings: AgentSettings, models: Models, stop: Stop) -> None:
    """Run the agent until ``stop``."""
    identity = new_identity(settings.agent_id, settings.agent_platform)
    observed = telemetry.start("headrace-agent", instance_id=identity.instance, version=identity.version)
    workdir = WorkDir(settings.agent_work_dir, identity.instance)
    workdir.open()
    limits = PoolLimits(
        workers=settings.agent_slots,
        jobs=settings.agent_worker_jobs,
        rss_bytes=settings.agent_worker_rss_mb << 20,
    )
    pool = WorkerPool(limits, settings.agent_handlers)
    executor = InlineFirst(HandlerExecutor(pool))
    runs = ActiveRuns()

    def make_run(job: Job, channel: Channel) -> Run:
        return Run(job, channel, executor=executor, workdir=workdir, tracing=observed.tracing)

    transport: Transport
    shared = {"slots": Slots(settings.agent_slots), "runs": runs, "make_run": make_run}
    if settings.agent_transport == "rest":
        transport = RestTransport(settings, identity, models, **shared)  # type: ignore[arg-type] # one dict for both
    else:
        transport = JetStreamTransport(settings, identity, models, **shared, tracing=observed.tracing)  # type: ignore[arg-type] # as above
    health = HealthServer(settings, ready={"transport": transport.check})
    try:
        await health.start()
        _announce(settings, identity, models)
        stop.serving = True
        if not await Agent(transport, runs).serve(
            stop.graceful, drain_timeout_s=settings.agent_drain_timeout_s
        ):
            stop.exit_code = stop.exit_code or FORCED
    finally:

        async def clean_up() -> None:
            await transport.end()
            await pool.close()
            await health.stop()
            workdir.close()
            await observed.stop()

        await _to_the_end(clean_up())


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Await ``work``, also when a forced stop cancels us meanwhile: what it closes must not outlive the loop."""
    task = asyncio.ensure_future(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        raise asyncio.CancelledError


def _announce(settings: AgentSettings, identity: Identity, models: Models) -> None:
    logger.info(
        "agent %s on %s: %d slots, serves %s",
        identity.agent,
        identity.platform,
        settings.agent_slots,
        ", ".join(models.all) or "nothing",
        extra={"action": "agent.start", "instance": identity.instance},
    )
    for model, reason in models.missing.items():
        logger.info("not served: %s %s", model, reason, extra={"action": "agent.missing"})
