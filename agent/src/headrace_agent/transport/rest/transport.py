"""The REST transport: asks for jobs while there are free slots, and keeps its claims alive."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from pathlib import PurePosixPath
from typing import Final

import aiohttp

from headrace_agent.identity import Identity
from headrace_agent.models import Models
from headrace_agent.runs.active import ActiveRuns
from headrace_agent.runs.job import Job, JobInput, now
from headrace_agent.runs.outcome import Stop, StopKind
from headrace_agent.runs.ports import LostError
from headrace_agent.runs.run import MakeRun
from headrace_agent.settings import AgentSettings
from headrace_agent.slots import Slots
from headrace_agent.transport.rest.channel import RestChannel
from headrace_agent.transport.rest.client import ApiAwayError, ApiRefusedError, Claim, RestClient
from headrace_contracts.catalogue import registry
from headrace_contracts.keys import safe_filename
from headrace_contracts.limits import KEEPALIVE_S
from headrace_runtime.retry import Backoff
from headrace_runtime.tasks import Background

logger = logging.getLogger(__name__)

_AWAY: Final = Backoff(first_s=1.0, factor=2.0, most_s=30.0)
_DEFAULT_TIMEOUT_S: Final = 1800.0


class RestTransport:
    """The ``agent.Transport`` for machines that can't reach NATS."""

    def __init__(
        self,
        settings: AgentSettings,
        identity: Identity,
        models: Models,
        *,
        slots: Slots,
        runs: ActiveRuns,
        make_run: MakeRun,
    ) -> None:
        self._settings = settings
        self._identity = identity
        self._models = models
        self._slots = slots
        self._runs = runs
        self._make_run = make_run
        self._loops = Background()
        self._polling = Background()
        self._claims: dict[int, tuple[Claim, Job]] = {}
        self._number = 0
        self._wake = asyncio.Event()
        self._stopped = False
        self._problem: str | None = "no answer from the API yet"
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        self._session = aiohttp.ClientSession()
        token = self._settings.agent_token.get_secret_value() if self._settings.agent_token else ""
        self._client = RestClient(
            self._session,
            origin=self._settings.agent_api_url,
            token=token,
            identity=self._identity,
            models=self._models.all,
        )
        self._slots.on_free = self._wake.set
        self._loops.start("heartbeat", self._beat)
        self._polling.start("claim", self._poll)

    async def check(self) -> str | None:
        return self._problem or await self._loops.check() or await self._polling.check()

    def stop_taking(self) -> None:
        self._stopped = True
        self._wake.set()

    async def drain(self) -> None:
        self.stop_taking()
        # A claim that is under way is waited for: the API has given the job to us.
        await self._polling.finish(20.0)
        await self._runs.wait()
        await self._slots.wait_empty()

    async def end(self) -> None:
        self.stop_taking()
        await self._polling.stop()
        await self._loops.stop()
        if self._session is not None:
            await self._session.close()

    async def _poll(self) -> None:
        failures = 0
        while not self._stopped:
            self._wake.clear()
            if not self._slots.free:
                await self._wake.wait()
                continue
            try:
                claim = await self._client.claim()
            except (ApiAwayError, ApiRefusedError, LostError) as error:
                if failures == 0:
                    logger.warning("no claims: %s", error, extra={"action": "agent.claim.error"})
                self._problem = str(error)
                await self._pause(_AWAY.delay_s(failures))
                failures += 1
                continue
            failures, self._problem = 0, None
            if claim is None:
                # Many agents that start together must not ask together for ever.
                await self._pause(self._settings.agent_poll_s * (0.8 + 0.4 * random.random()))  # noqa: S311 - as said
            else:
                self._begin(claim)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._stopped:
                    self._wake.clear()
                    await self._wake.wait()

    def _begin(self, claim: Claim) -> None:
        self._number += 1
        job = _job(claim, self._number)
        self._slots.take()
        channel = RestChannel(claim, self._identity.agent, self._client, self._slots)
        self._claims[job.fence] = (claim, job)

        def ended() -> None:
            del self._claims[job.fence]
            channel.close()

        self._runs.start(self._make_run(job, channel), ended)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(KEEPALIVE_S)
            await asyncio.gather(*(self._beat_one(claim, job) for claim, job in list(self._claims.values())))

    async def _beat_one(self, claim: Claim, job: Job) -> None:
        try:
            await self._client.heartbeat(claim)
        except LostError as error:
            self._runs.stop(job.id, job.fence, Stop(kind=StopKind.LOST, reason=str(error)))
        except (ApiAwayError, ApiRefusedError) as error:
            logger.debug("no heartbeat: %s", error, extra={"action": "agent.heartbeat.error"})


def _job(claim: Claim, number: int) -> Job:
    model = registry.get(claim.model)
    timeout_s = claim.timeout_s or (model.timeout_s if model is not None else _DEFAULT_TIMEOUT_S)
    source = None
    if claim.upload_key is not None:
        name = safe_filename(PurePosixPath(claim.upload_key).name, "input")
        source = JobInput(source=claim.upload_key, mime=claim.upload_mime or "", name=name)
    return Job(
        id=claim.id,
        fence=number,
        attempt=claim.attempt,
        model=claim.model,
        payload=bytes(claim.payload),
        input=source,
        timeout_s=timeout_s,
        created_at=now(),
    )
