"""Which request goes to which part of the dispatcher."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from headrace_contracts.bus import subjects
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
    ApproveRequest,
    CancelRequest,
    ClaimReply,
    ClaimRequest,
    DrainRequest,
    MoveRequest,
    PoolRequest,
    ReportRequest,
    ScheduleRequest,
    WorkerRequest,
)
from headrace_dispatcher.claims.claim import ClaimService
from headrace_dispatcher.claims.report import ReportService
from headrace_dispatcher.claims.start import StartService
from headrace_dispatcher.claims.workers import WorkerService
from headrace_dispatcher.leases.presence import Presence
from headrace_dispatcher.pools.drains import Drains
from headrace_dispatcher.pools.pauses import Pauses
from headrace_dispatcher.publishing.approve import ApproveService
from headrace_dispatcher.release.releaser import Releaser
from headrace_dispatcher.requests import RequestServer
from headrace_dispatcher.schedule.move import MoveService
from headrace_dispatcher.schedule.times import TimeService


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """All that answer."""

    starts: StartService
    claims: ClaimService
    reports: ReportService
    workers: WorkerService
    approvals: ApproveService
    times: TimeService
    moves: MoveService
    pauses: Pauses
    drains: Drains
    presence: Presence
    releaser: Releaser


def lanes_in(bell: QueuedBell) -> Iterable[Lane]:
    """The lanes that a bell names; what is no lane is left out, the sweep finds its jobs."""
    for text in bell.lanes:
        parts = text.split("/")
        if len(parts) == 3 and parts[2] in WORDS:
            yield Lane(parts[0], parts[1], WORDS[parts[2]])


def unavailable(reason: str) -> AnswerReply:
    """The answer when nothing could be done."""
    return AnswerReply(answer=Answer.UNAVAILABLE, error=reason)


async def serve(requests: RequestServer, to: Services) -> None:
    """Answer everything; when this returns, a request finds us."""

    async def ring(bell: QueuedBell) -> None:
        to.releaser.ring(lanes_in(bell))

    await requests.serve(subjects.START, StartRequest, to.starts.start, lambda why: StartReply(error=why))
    await requests.serve(subjects.UPLOAD, UploadRequest, to.starts.upload, lambda why: UploadReply(error=why))
    await requests.serve(subjects.CLAIM, ClaimRequest, to.claims.claim, lambda why: ClaimReply(error=why))
    await requests.serve(subjects.REPORT, ReportRequest, to.reports.report, unavailable)
    await requests.serve(subjects.CANCEL, CancelRequest, to.reports.cancel, unavailable)
    await requests.serve(subjects.WORKER, WorkerRequest, to.workers.heard, unavailable)
    await requests.serve(subjects.APPROVE, ApproveRequest, to.approvals.approve, unavailable)
    await requests.serve(subjects.SCHEDULE, ScheduleRequest, to.times.schedule, unavailable)
    await requests.serve(subjects.MOVE, MoveRequest, to.moves.move, unavailable)
    await requests.serve(subjects.POOL, PoolRequest, to.pauses.set, unavailable)
    await requests.serve(subjects.DRAIN, DrainRequest, to.drains.set, unavailable)
    await requests.serve(subjects.HEARTBEAT, Heartbeat, to.presence.heartbeat, None)
    await requests.serve(subjects.GOODBYE, Goodbye, to.presence.goodbye, None)
    await requests.serve(subjects.BELL_QUEUED, QueuedBell, ring, None)
    await requests.flush()
