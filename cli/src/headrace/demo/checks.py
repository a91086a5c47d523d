"""What should have happened, point by point."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from headrace.demo.findings import Finding
from headrace.demo.interventions import Cancel, Kill
from headrace.demo.jobs import DemoJob, Fate
from headrace.demo.receiver import Delivery
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView
from headrace_contracts.limits import ACK_WAIT_S
from headrace_contracts.wire.radiance import WEBHOOK_EVENTS

#: A killed agent's job runs elsewhere within the lease and this (DESIGN, promise 3).
RECLAIM_SLACK_S = 5.0
CANCEL_WITHIN_S = 5.0
#: A job that came so shortly before another one was taken could not be known to the agent that took it.
_PRIORITY_SLACK = timedelta(seconds=1)

STATE_OF_FATE: Mapping[Fate, JobState] = {
    Fate.COMPLETES: JobState.COMPLETED,
    Fate.SURVIVES: JobState.COMPLETED,
    Fate.FAILS: JobState.FAILED,
    Fate.CANCELLED: JobState.CANCELLED,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One expectation. ``detail`` says what happened instead, or how well it went."""

    label: str
    ok: bool
    detail: str = ""
    #: The table of findings tells the detail too.
    told: bool = False


@dataclass(frozen=True, kw_only=True)
class Happened:
    """All that the demo saw."""

    jobs: Sequence[DemoJob]
    views: Mapping[str, JobView] = field(default_factory=dict)
    findings: Mapping[str, Finding] = field(default_factory=dict)
    deliveries: Sequence[Delivery] = ()
    kill: Kill | None = None
    cancel: Cancel | None = None


def check(happened: Happened) -> list[Check]:
    """Every expectation of the demo, in the order in which they are told."""
    checks = [_ended(job, happened) for job in happened.jobs if job.fate is Fate.COMPLETES]
    for job in happened.jobs:
        view = happened.views.get(job.key)
        if job.fate is Fate.FAILS:
            checks.append(_failed(view))
        elif job.fate is Fate.CANCELLED:
            checks.append(_cancelled(view, happened.cancel))
        elif job.fate is Fate.SURVIVES:
            checks += [_survived(view, happened.kill), _ended(job, happened)]
    return [*checks, _priorities(happened), _webhooks(happened)]


def _ended(job: DemoJob, happened: Happened) -> Check:
    finding = happened.findings.get(job.key)
    view = happened.views.get(job.key)
    if finding is not None:
        return Check(label=finding.expectation, ok=finding.as_expected, detail=finding.sentence, told=True)
    return Check(label=f"{job.model} completes", ok=False, detail=_state_of(view))


def _failed(view: JobView | None) -> Check:
    ok = view is not None and view.state is JobState.FAILED and bool(view.failure_reason)
    reason = (view.failure_reason or "") if view is not None and ok else _state_of(view)
    return Check(label="the damaged input fails, with a reason", ok=ok, detail=reason)


def _cancelled(view: JobView | None, cancel: Cancel | None) -> Check:
    label = f"the running job is cancelled within {CANCEL_WITHIN_S:g} s"
    if view is None or cancel is None or view.state is not JobState.CANCELLED or view.finished_at is None:
        return Check(label=label, ok=False, detail=_state_of(view))
    took_s = (view.finished_at - cancel.at).total_seconds()
    return Check(
        label=label,
        ok=took_s <= CANCEL_WITHIN_S,
        detail=f"at {cancel.progress:.0f} % on {cancel.agent}, after {max(0.0, took_s):.1f} s",
    )


def _survived(view: JobView | None, kill: Kill | None) -> Check:
    within_s = ACK_WAIT_S + RECLAIM_SLACK_S
    label = f"another agent takes the killed agent's job within {within_s:g} s"
    if kill is None:
        return Check(label=label, ok=False, detail="no agent was killed: the job never got under way")
    if view is None or view.attempt < 2 or view.started_at is None or view.started_at <= kill.at:
        return Check(label=label, ok=False, detail=f"{_state_of(view)} after {kill.agent} was killed")
    gap_s = (view.started_at - kill.at).total_seconds()
    by = f"{view.agent}, started anew," if view.agent == kill.agent else view.agent
    return Check(
        label=label,
        ok=gap_s <= within_s,
        detail=f"{by} took it after {gap_s:.1f} s, attempt {view.attempt}",
    )


def _priorities(happened: Happened) -> Check:
    """No job waited while a less urgent one was started."""
    views = [view for view in happened.views.values() if view.attempt < 2]
    overtaken = sum(was_overtaken(one, other) for one in views for other in views)
    return Check(
        label="no job waited while a less urgent one was started",
        ok=overtaken == 0 and bool(views),
        detail=f"{overtaken} times overtaken" if overtaken else "strict priority held",
    )


def was_overtaken(view: JobView, other: JobView) -> bool:
    """Whether ``other``, less urgent, was started while ``view`` waited."""
    if view.priority <= other.priority or other.started_at is None:
        return False
    waited_until = view.started_at or view.finished_at
    there = view.created_at + _PRIORITY_SLACK < other.started_at
    return there and (waited_until is None or waited_until > other.started_at)


def _webhooks(happened: Happened) -> Check:
    """Each job told once (as a receiver counts that knows each webhook-id), with the right event, signed."""
    wanted = {
        view.id: WEBHOOK_EVENTS[STATE_OF_FATE[job.fate]]
        for job in happened.jobs
        if job.dialect == "radiance" and (view := happened.views.get(job.key)) is not None
    }
    once = {each.webhook_id: each for each in happened.deliveries}.values()
    told = Counter((each.job_id, each.event) for each in once)
    forged = sum(not each.genuine for each in happened.deliveries)
    ok = not forged and bool(wanted) and told == Counter(wanted.items())
    return Check(
        label="each job's end is told once by a signed webhook",
        ok=ok,
        detail=f"{by_event(each.event for each in once)}; {forged} not genuine"
        if forged
        else by_event(each.event for each in once),
    )


def by_event(events: Iterable[str]) -> str:
    """«11 completed, 1 failed»."""
    counts = Counter(event.removeprefix("job.") for event in events)
    return ", ".join(f"{count} {event}" for event, count in sorted(counts.items())) or "none came"


def _state_of(view: JobView | None) -> str:
    if view is None:
        return "it was never submitted"
    reason = f": {view.failure_reason}" if view.failure_reason else ""
    return f"it is {view.state}{reason}"
