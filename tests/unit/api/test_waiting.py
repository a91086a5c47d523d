"""Why a job waits: from facts to a code and a sentence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from headrace_api.core.load import Expected
from headrace_api.core.waiting import (
    NearMiss,
    explain_held_back,
    explain_nobody,
    explain_state,
    explain_turn,
    span,
)
from headrace_contracts.ids import new_id
from headrace_contracts.jobs.lane import private_pool
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.state import FINAL, JobState
from headrace_contracts.jobs.view import JobView
from headrace_store.jobs.waiting import AgentOnline, JobFacts

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(seconds=90)


def job(platform: str = "any", **changes: Any) -> JobView:
    fields: dict[str, Any] = {
        "id": new_id(),
        "account_id": new_id(),
        "dialect": "radiance",
        "model": "speech-to-text",
        "platform": platform,
        "pool": "speech-to-text",
        "priority": Priority.NORMAL,
        "state": JobState.QUEUED,
        "created_at": NOW,
        "max_attempts": 3,
    }
    return JobView(**{**fields, **changes})


def facts(**changes: Any) -> JobFacts:
    fields: dict[str, Any] = {
        "id": new_id(),
        "state": JobState.QUEUED,
        "released": False,
        "run_at": None,
        "attempt": 0,
        "pause_reason": None,
        "max_running": None,
        "in_motion": None,
        "older": 0,
        "last_reason": None,
    }
    return JobFacts(**{**fields, **changes})


def agent(*pools: str, name: str = "a1", lacks: str = "", **changes: Any) -> AgentOnline:
    fields: dict[str, Any] = {"platform": "linux-amd64", "draining": False, "transport": "jetstream"}
    return AgentOnline(**{"agent": name, "pools": list(pools), "lacks": lacks or None, **fields, **changes})


def expected(**changes: Any) -> Expected:
    return Expected(**{"ahead": 0, "servers": 1, "free": 0, "wait_s": None, **changes})


def said(view: JobView, *online: AgentOnline) -> str:
    reason = explain_nobody(view, online)
    assert reason is not None
    assert reason.code == "NO_AGENT_FOR_LANE"
    return reason.message


def test_an_agent_that_serves_the_lane_is_reason_enough_to_wait_for_ones_turn() -> None:
    assert explain_nobody(job(), [agent(), agent("speech-to-text")]) is None
    arm = agent("speech-to-text", platform="linux-arm64")
    assert explain_nobody(job("linux-arm64"), [arm]) is None
    takes_all = agent(platform="any", transport="rest")
    assert explain_nobody(job(), [takes_all]) is None
    private = job(pool=private_pool(new_id()))
    assert said(private, takes_all) == "No worker of this account is online."


def test_nobody_is_online() -> None:
    assert said(job()) == "No agent that is online serves 'speech-to-text'. No agent is online at all."


def test_near_misses_are_named_with_what_they_lack() -> None:
    assert "a1 can't run it: needs faster-whisper." in said(job(), agent(lacks="needs faster-whisper"))
    assert "a1 finishes its jobs and takes no more." in said(job(), agent("speech-to-text", draining=True))
    drained = agent("speech-to-text", draining=True, drained="new fan")
    assert "a1 takes no more jobs: an operator drains it (new fan)." in said(job(), drained)
    assert "a1 is on linux-amd64." in said(job("linux-arm64"), agent("speech-to-text"))
    assert "a1 serves other models." in said(job(), agent("text-generation"))


def test_the_nearest_misses_come_first_and_a_long_list_is_cut() -> None:
    far = [agent("x", name=f"far-{n}") for n in range(4)]
    near = agent("speech-to-text", name="near", draining=True)
    lacking = agent(name="lacking", lacks="needs faster-whisper")
    reason = explain_nobody(job(), [*far, lacking, near])
    assert reason is not None
    assert [miss.agent for miss in reason.near_misses] == ["near", "lacking", "far-0"]
    assert reason.near_misses[1] == NearMiss(agent="lacking", lacks="can't run it: needs faster-whisper")
    assert reason.message.endswith("(and 3 more)")
    assert reason.lane == "any/speech-to-text/normal"


def test_the_lane_is_the_one_in_which_it_waits() -> None:
    aged = job(priority=Priority.LOW, aged_priority=Priority.HIGH)
    reason = explain_nobody(aged, [])
    assert reason is not None
    assert reason.lane == "any/speech-to-text/high"


def test_every_state_that_is_neither_running_nor_final_has_a_reason() -> None:
    for state in JobState:
        reason = explain_state(job(state=state, run_at=LATER, agent="a1"), now=NOW)
        none = state in FINAL | {JobState.RUNNING, JobState.QUEUED}
        assert (reason is None) == none, state


@pytest.mark.parametrize(
    ("changes", "code", "sentence"),
    [
        (
            {"state": JobState.SCHEDULED, "run_at": LATER},
            "SCHEDULED",
            "not start before 2026-01-01T00:01:30.000Z",
        ),
        ({"state": JobState.CLAIMED, "agent": "a1"}, "CLAIMED", "a1 holds it"),
        ({"state": JobState.STAGED}, "AWAITING_APPROVAL", "waits for an approval"),
        ({"state": JobState.STAGED, "approved_at": NOW}, "PUBLISHING", "is being published"),
        (
            {"state": JobState.STAGED, "approved_at": NOW, "publish_at": LATER},
            "PUBLISHING",
            "not before 2026-01-01T00:01:30.000Z",
        ),
    ],
)
def test_states_say_what_comes_next(changes: dict[str, Any], code: str, sentence: str) -> None:
    reason = explain_state(job(**changes), now=NOW)
    assert reason is not None
    assert reason.code == code
    assert sentence in reason.message


def test_a_failed_attempt_is_waited_out() -> None:
    view = job()
    reason = explain_held_back(view, facts(run_at=LATER, attempt=1, last_reason="no memory"), now=NOW)
    assert reason is not None
    assert (reason.code, reason.until) == ("RETRY_BACKOFF", LATER)
    assert reason.message.startswith(
        "Attempt 1 of 3 failed (no memory); the next does not begin before 2026-"
    )
    assert explain_held_back(view, facts(run_at=NOW, attempt=1), now=NOW) is None


def test_a_pause_names_the_pool_and_the_operator_s_reason() -> None:
    reason = explain_held_back(job(), facts(pause_reason="new drivers"), now=NOW)
    assert reason is not None
    assert (reason.code, reason.message) == (
        "PAUSED",
        "The operator has paused the pool 'speech-to-text': new drivers",
    )
    bare = explain_held_back(job(), facts(pause_reason=""), now=NOW)
    assert bare is not None
    assert bare.message == "The operator has paused the pool 'speech-to-text'."


def test_a_quota_names_the_limit_and_what_is_in_motion() -> None:
    reason = explain_held_back(job(), facts(max_running=2, in_motion=2), now=NOW)
    assert reason is not None
    assert (reason.code, reason.limit, reason.in_motion) == ("QUOTA", 2, 2)
    assert reason.message.startswith("This account may have 2 jobs in motion and has 2;")
    assert explain_held_back(job(), facts(max_running=2, in_motion=1), now=NOW) is None
    # It is one of them.
    assert explain_held_back(job(), facts(max_running=2, in_motion=2, released=True), now=NOW) is None


def test_a_turn_has_a_place_and_an_estimate() -> None:
    reason = explain_turn(job(), expected(ahead=4, wait_s=12.2))
    assert (reason.code, reason.position, reason.estimate_s) == ("ALL_BUSY", 5, 12.2)
    assert (
        reason.message
        == "All agents that serve 'speech-to-text' are busy; it is number 5 in line, in about 13 s."
    )
    unknown = explain_turn(job(), expected(ahead=4))
    assert unknown.message == "All agents that serve 'speech-to-text' are busy; it is number 5 in line."
    in_list = explain_turn(job(pool=private_pool(new_id())), expected(ahead=None))
    assert in_list.message == "All workers of this account are busy."


def test_who_has_room_takes_it_soon() -> None:
    reason = explain_turn(job(), expected(ahead=1, free=2, wait_s=0.0))
    assert (reason.code, reason.position, reason.estimate_s) == ("STARTING", 2, 0.0)


def test_spans_are_short() -> None:
    assert [span(seconds) for seconds in (0.2, 12.1, 99, 100, 5000, 7000)] == [
        "1 s", "13 s", "99 s", "2 min", "84 min", "2 h",
    ]  # fmt: skip
