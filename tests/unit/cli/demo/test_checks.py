"""What the demo counts as right and wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from tests.support.demo_views import at, view

from headrace.demo.checks import Check, Happened, by_event, check, was_overtaken
from headrace.demo.findings import Finding
from headrace.demo.interventions import Cancel, Kill
from headrace.demo.jobs import DemoJob, Fate
from headrace.demo.receiver import Delivery
from headrace.embedded.identity import ProcessIdentity
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.state import JobState


def _job(key: str, fate: Fate) -> DemoJob:
    return DemoJob(key=key, model="text-generation", title=key, fate=fate)


def _told(number: int, event: str, *, genuine: bool = True, webhook_id: str = "") -> Delivery:
    return Delivery(
        webhook_id=webhook_id or f"hook-{number}", event=event, job_id=UUID(int=number), genuine=genuine
    )


FINDING = Finding(sentence="a cat", expectation="it is a cat", as_expected=True)
GOOD = Happened(
    jobs=[
        _job("ok", Fate.COMPLETES),
        _job("broken", Fate.FAILS),
        _job("stopped", Fate.CANCELLED),
        _job("killed", Fate.SURVIVES),
    ],
    views={
        "ok": view(1),
        "broken": view(2, state=JobState.FAILED, failure_reason="it is cut short"),
        "stopped": view(3, state=JobState.CANCELLED, finished_at=at(10.5)),
        "killed": view(4, agent="agent-2", attempt=2, started_at=at(34), finished_at=at(36)),
    },
    findings={"ok": FINDING, "killed": FINDING},
    deliveries=[
        _told(1, "job.completed"),
        _told(2, "job.failed"),
        _told(3, "job.cancelled"),
        _told(4, "job.completed"),
    ],
    kill=Kill(agent="agent-1", process=ProcessIdentity(pid=1, started_at_s=0), at=at(20), progress=10),
    cancel=Cancel(agent="agent-1", at=at(10), progress=6),
)


def _wrong(happened: Happened) -> list[Check]:
    return [each for each in check(happened) if not each.ok]


def test_all_is_well_when_everything_happened() -> None:
    assert _wrong(GOOD) == []
    details = " | ".join(each.detail for each in check(GOOD))
    assert "agent-2 took it after 14.0 s, attempt 2" in details
    assert "at 6 % on agent-1, after 0.5 s" in details
    assert "1 cancelled, 2 completed, 1 failed" in details


def test_nothing_happened_is_nothing_right() -> None:
    assert all(not each.ok for each in check(Happened(jobs=GOOD.jobs)))


@pytest.mark.parametrize(
    ("key", "changes", "wrong"),
    [
        ("broken", {"state": JobState.COMPLETED}, "it is completed"),
        ("broken", {"failure_reason": None}, "it is failed"),
        ("stopped", {"finished_at": at(16)}, "after 6.0 s"),
        ("stopped", {"state": JobState.COMPLETED}, "it is completed"),
        ("killed", {"started_at": at(40.5)}, "took it after 20.5 s"),
        ("killed", {"attempt": 1}, "it is completed after agent-1 was killed"),
        ("killed", {"started_at": at(19)}, "after agent-1 was killed"),
    ],
)
def test_one_thing_that_went_wrong_is_named(key: str, changes: dict[str, Any], wrong: str) -> None:
    views = {**GOOD.views, key: view(GOOD.views[key].id.int, **_fields(key) | changes)}
    assert wrong in " | ".join(each.detail for each in _wrong(replace(GOOD, views=views)))


def _fields(key: str) -> dict[str, Any]:
    good = GOOD.views[key]
    names = ("state", "failure_reason", "finished_at", "attempt", "started_at", "agent")
    return {name: getattr(good, name) for name in names}


def test_an_agent_that_took_its_own_job_again_is_said_to_be_a_new_one() -> None:
    views = {**GOOD.views, "killed": view(4, agent="agent-1", attempt=2, started_at=at(34))}
    details = [each.detail for each in check(replace(GOOD, views=views))]
    assert "agent-1, started anew, took it after 14.0 s, attempt 2" in details


def test_a_finding_that_is_not_as_expected_fails() -> None:
    findings = {**GOOD.findings, "ok": replace(FINDING, sentence="a dog", as_expected=False)}
    assert [each.detail for each in _wrong(replace(GOOD, findings=findings))] == ["a dog"]


@pytest.mark.parametrize(
    "deliveries",
    [
        GOOD.deliveries[:-1],
        [*GOOD.deliveries, _told(1, "job.completed", webhook_id="another")],
        [*GOOD.deliveries[:-1], _told(4, "job.failed")],
        [*GOOD.deliveries, _told(1, "job.completed", genuine=False)],
    ],
    ids=["one is missing", "told twice", "wrong event", "forged"],
)
def test_webhooks_must_be_right(deliveries: list[Delivery]) -> None:
    wrong = _wrong(replace(GOOD, deliveries=deliveries))
    assert [each.label for each in wrong] == ["each job's end is told once by a signed webhook"]


def test_a_webhook_that_was_sent_again_counts_once() -> None:
    assert _wrong(replace(GOOD, deliveries=[*GOOD.deliveries, GOOD.deliveries[0]])) == []


def test_overtaking() -> None:
    low = view(1, priority=Priority.LOW, started_at=at(5))
    urgent = view(2, priority=Priority.URGENT, started_at=at(6))
    assert was_overtaken(urgent, low)
    assert not was_overtaken(low, urgent)
    assert not was_overtaken(view(2, priority=Priority.URGENT, started_at=at(4)), low)
    # The agent had asked before the urgent one came.
    assert not was_overtaken(view(2, priority=Priority.URGENT, created_at=at(4.5), started_at=at(6)), low)
    assert not was_overtaken(view(2, priority=Priority.LOW, started_at=at(6)), low)
    overtaken = {**GOOD.views, "ok": urgent, "broken": low}
    assert "1 times overtaken" in [each.detail for each in check(replace(GOOD, views=overtaken))]


def test_events_are_counted() -> None:
    assert by_event([]) == "none came"
    assert by_event(["job.failed", "job.completed", "job.completed"]) == "2 completed, 1 failed"
