"""When a held message is kept alive, and when its run is ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from headrace_agent.transport.jetstream.leases import FENCE_S, Decision, Leases, decide, due_at
from headrace_contracts.limits import ACK_WAIT_S, KEEPALIVE_S


@pytest.mark.parametrize(
    ("now", "tried_at", "decision"),
    [
        (0.0, 0.0, Decision.WAIT),
        (KEEPALIVE_S - 0.1, 0.0, Decision.WAIT),
        (KEEPALIVE_S, 0.0, Decision.RENEW),
        (KEEPALIVE_S + 0.5, KEEPALIVE_S, Decision.WAIT),
        (KEEPALIVE_S + 1.0, KEEPALIVE_S, Decision.RENEW),
        (FENCE_S - 0.1, FENCE_S - 2, Decision.RENEW),
        (FENCE_S, FENCE_S - 0.5, Decision.FENCE),
        (1000.0, 0.0, Decision.FENCE),
    ],
)
def test_decide(now: float, tried_at: float, decision: Decision) -> None:
    assert decide(now=now, confirmed_at=0.0, tried_at=tried_at) is decision


def test_two_keep_alives_fit_before_the_fence_and_the_end_before_the_lease() -> None:
    first = due_at(confirmed_at=0.0, tried_at=0.0)
    second = due_at(confirmed_at=0.0, tried_at=first)
    assert first < second < FENCE_S
    assert FENCE_S + 2 < ACK_WAIT_S


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    real_sleep = asyncio.sleep

    async def sleep(seconds: float) -> None:
        clock.now += seconds
        await real_sleep(0)

    monkeypatch.setattr("asyncio.sleep", sleep)
    return clock


async def run_until(leases: Leases, done: Callable[[], bool]) -> None:
    task = asyncio.create_task(leases.run())
    event = asyncio.Event()
    for _ in range(200):
        if done():
            break
        asyncio.get_running_loop().call_soon(event.set)
        await event.wait()
        event.clear()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert done()


async def test_a_confirmed_message_is_renewed_again_and_again(clock: Clock) -> None:
    asked: list[tuple[float, str]] = []

    async def in_progress(reply: str) -> bool:
        asked.append((clock.now - 100, reply))
        return True

    leases = Leases(in_progress, clock)
    held = leases.hold(["r1", "r2"], clock.now)
    await run_until(leases, lambda: len(asked) >= 6)
    assert [at for at, _ in asked[:6]] == pytest.approx([5, 5, 10, 10, 15, 15])
    assert leases.sure_of(held)


async def test_an_unconfirmed_message_is_lost_once_and_in_time(clock: Clock) -> None:
    lost: list[float] = []

    async def in_progress(_reply: str) -> bool:
        return False

    leases = Leases(in_progress, clock)
    held = leases.hold(["r"], clock.now, lambda: lost.append(clock.now - 100))
    await run_until(leases, lambda: bool(lost))
    assert lost == [pytest.approx(FENCE_S)]
    assert not leases.sure_of(held)


async def test_a_process_that_was_stopped_does_not_ask_but_fences(clock: Clock) -> None:
    asked = []

    async def in_progress(reply: str) -> bool:
        asked.append(reply)
        return True

    leases = Leases(in_progress, clock)
    lost: list[bool] = []
    leases.hold(["r"], clock.now, lambda: lost.append(True))
    clock.now += 60
    await run_until(leases, lambda: bool(lost))
    assert asked == []


async def test_a_released_message_is_left_alone(clock: Clock) -> None:
    asked = []

    async def in_progress(reply: str) -> bool:
        asked.append(reply)
        return True

    leases = Leases(in_progress, clock)
    gone = leases.hold(["gone"], clock.now)
    leases.hold(["kept"], clock.now)
    leases.release(gone)
    await run_until(leases, lambda: len(asked) >= 3)
    assert set(asked) == {"kept"}
