"""Why a queued job waits."""

from __future__ import annotations

from datetime import UTC, datetime

from headrace_api.core.waiting import explain
from headrace_contracts.ids import new_id
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView
from headrace_store.jobs.waiting import AgentOnline


def job(platform: str = "any") -> JobView:
    return JobView(
        id=new_id(),
        account_id=new_id(),
        dialect="radiance",
        model="speech-to-text",
        platform=platform,
        pool="speech-to-text",
        priority=Priority.NORMAL,
        state=JobState.QUEUED,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def agent(
    *pools: str,
    platform: str = "linux-amd64",
    draining: bool = False,
    transport: str = "jetstream",
    lacks: str = "",
) -> AgentOnline:
    return AgentOnline(
        agent="a1",
        platform=platform,
        pools=list(pools),
        draining=draining,
        transport=transport,
        lacks=lacks or None,
    )


def said(view: JobView, *online: AgentOnline) -> str:
    reason = explain(view, online)
    assert reason is not None
    assert reason.code == "NO_AGENT_FOR_LANE"
    return reason.message


def test_an_agent_that_serves_the_lane_is_reason_enough_to_wait_for_ones_turn() -> None:
    assert explain(job(), [agent(), agent("speech-to-text")]) is None
    assert explain(job("linux-arm64"), [agent("speech-to-text", platform="linux-arm64")]) is None
    assert explain(job(), [agent(platform="any", transport="rest")]) is None


def test_nobody_is_online() -> None:
    assert said(job()) == "No agent that is online serves 'speech-to-text'. No agent is online at all."


def test_near_misses_are_named_with_what_they_lack() -> None:
    assert "a1: needs faster-whisper" in said(job(), agent(lacks="needs faster-whisper"))
    assert "a1 finishes its jobs" in said(job(), agent("speech-to-text", draining=True))
    assert "a1 is on linux-amd64" in said(job("linux-arm64"), agent("speech-to-text"))
    assert "a1 serves other models" in said(job(), agent("text-generation"))


def test_a_long_list_is_cut() -> None:
    assert said(job(), *[agent("x")] * 5).endswith("(and 2 more)")
