"""Submits the jobs to a stack that runs, interferes with them, and waits for their ends and their webhooks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from headrace.demo.acts.second import SecondAct
from headrace.demo.board import Board
from headrace.demo.checks import Happened
from headrace.demo.client import RadianceClient
from headrace.demo.findings import TOLD, Finding, find
from headrace.demo.interventions import (
    CancelIt,
    Intervention,
    KillItsAgent,
    SubmitAfter,
    all_ended,
    completed,
)
from headrace.demo.jobs import DemoJob, Fate
from headrace.demo.receiver import Receiver
from headrace.demo.record import Record
from headrace.embedded.identity import ProcessIdentity
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView
from headrace_runtime.tasks import cancelled

#: All jobs end within this, also on a slow machine.
WITHIN_S = 150.0
_LOOK_EVERY_S = 0.15


@dataclass(frozen=True, kw_only=True, slots=True)
class MakeSecondAct:
    """The second act's jobs, and how it is made once it is to begin."""

    jobs: Sequence[DemoJob]
    make: Callable[[Callable[[str, UUID], None]], SecondAct]


class Conductor:
    """One run of the demo's jobs."""

    def __init__(
        self,
        jobs: Sequence[DemoJob],
        *,
        inputs: Mapping[str, Path],
        folder: Path,
        client: RadianceClient,
        record: Record,
        receiver: Receiver,
        board: Board,
        process_of: Callable[[str], ProcessIdentity | None],
        listen: Callable[[], None],
        second: MakeSecondAct | None = None,
    ) -> None:
        self._jobs = jobs
        self._inputs = dict(inputs)
        self._folder = folder
        self._client = client
        self._record = record
        self._receiver = receiver
        self._board = board
        self._process_of = process_of
        self._listen = listen
        self._second = second
        self._ids: dict[str, UUID] = {}
        self._views: dict[str, JobView] = {}
        self._killers: list[KillItsAgent] = []
        self._cancellers: list[CancelIt] = []

    async def run(self) -> Happened:
        """Everything, up to the last webhook or the deadline. Raises ApiError for what the API refuses."""
        interventions = self._interventions()
        for job in self._jobs:
            if job.input_from is None and job.fate is not Fate.SURVIVES:
                await self._submit(job)
        with self._board.showing():
            await self._show_until(self._is_over, interventions)
            findings = await self._findings()
            if self._second is not None:
                findings |= await self._second_act(self._second)
        return Happened(
            jobs=[*self._jobs, *(self._second.jobs if self._second else ())],
            views=self._views,
            findings=findings,
            deliveries=tuple(self._receiver.deliveries),
            kill=next((killer.done for killer in self._killers), None),
            cancel=next((canceller.done for canceller in self._cancellers), None),
        )

    async def _show_until(self, over: Callable[[], bool], interventions: Sequence[Intervention] = ()) -> None:
        deadline = time.monotonic() + WITHIN_S
        while True:
            self._views = await self._record.views(self._ids)
            self._listen()
            self._board.update(self._views, datetime.now(UTC), webhooks=len(self._receiver.deliveries))
            for each in interventions:
                await each.look(self._views)
            if over() or time.monotonic() > deadline:
                return
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _second_act(self, second: MakeSecondAct) -> dict[str, Finding]:
        """One job through each of the other dialects, beside the table of all jobs."""
        self._board.say(f"second act: {len(second.jobs)} jobs through the other dialects")
        playing = asyncio.create_task(second.make(self._ids.__setitem__).run(), name="second act")
        try:
            await self._show_until(playing.done)
            await self._show_until(lambda: all(view.final for view in self._views.values()))
            return await playing
        finally:
            await cancelled(playing)

    def _interventions(self) -> list[Intervention]:
        board, jobs = self._board, self._jobs
        self._killers = [
            KillItsAgent(job.key, process_of=self._process_of, say=board.say)
            for job in jobs
            if job.fate is Fate.SURVIVES
        ]
        self._cancellers = [
            CancelIt(job.key, cancel=self._cancel, say=board.say)
            for job in jobs
            if job.fate is Fate.CANCELLED
        ]
        relays = [self._relay(job, job.input_from) for job in jobs if job.input_from is not None]
        last = [self._last(job) for job in jobs if job.fate is Fate.SURVIVES]
        return [*self._killers, *self._cancellers, *relays, *last]

    def _relay(self, job: DemoJob, source: str) -> SubmitAfter:
        """The job whose input is the result file of ``source``."""

        async def submit(view: JobView) -> None:
            name = view.file.name if view.file else "result"
            self._inputs[job.key] = await self._client.download(view.id, self._folder / f"{source}-{name}")
            await self._submit(job)

        return SubmitAfter(ready=completed(source), submit=submit)

    def _last(self, job: DemoJob) -> SubmitAfter:
        async def submit(_view: JobView) -> None:
            await self._submit(job)

        others = sum(each.fate is not Fate.SURVIVES for each in self._jobs)
        return SubmitAfter(ready=all_ended(others), submit=submit)

    async def _submit(self, job: DemoJob) -> None:
        self._ids[job.key] = await self._client.submit(
            job.model,
            payload=job.payload,
            priority=job.priority.word,
            webhook_url=self._receiver.url,
            file=self._inputs.get(job.key),
        )

    async def _cancel(self, view: JobView) -> None:
        await self._client.cancel(view.id)

    def _is_over(self) -> bool:
        told = {delivery.job_id for delivery in self._receiver.deliveries}
        return is_over(self._views, expected=len(self._jobs), told=told)

    async def _findings(self) -> dict[str, Finding]:
        return {
            key: find(key, (await self._client.result(view.id))["result"])
            for key, view in self._views.items()
            if view.state is JobState.COMPLETED and key in TOLD
        }


def is_over(views: Mapping[str, JobView], *, expected: int, told: Collection[UUID]) -> bool:
    """Whether all ``expected`` jobs have ended and a webhook has told of each."""
    return len(views) == expected and all(view.final and view.id in told for view in views.values())
