"""The gate that keeps one endpoint from holding the others."""

from __future__ import annotations

import asyncio
from uuid import UUID

from headrace_webhooks.gate import EndpointGate

A, B = UUID(int=1), UUID(int=2)


async def test_a_full_endpoint_turns_away_and_another_goes_on() -> None:
    gate = EndpointGate(per_endpoint=2, wait_s=0.01, slow_s=60)
    assert [await gate.enter(A), await gate.enter(A), await gate.enter(A)] == [True, True, False]
    assert await gate.enter(B)


async def test_once_slow_nobody_waits_any_more() -> None:
    gate = EndpointGate(per_endpoint=1, wait_s=0.5, slow_s=60)
    assert await gate.enter(A)
    assert not await gate.enter(A)
    began = asyncio.get_running_loop().time()
    assert not any([await gate.enter(A) for _ in range(100)])
    assert asyncio.get_running_loop().time() - began < 0.4


async def test_a_slot_that_is_given_back_goes_to_who_waits() -> None:
    gate = EndpointGate(per_endpoint=1, wait_s=5, slow_s=60)
    assert await gate.enter(A)
    waiting = asyncio.create_task(gate.enter(A))
    await asyncio.sleep(0)
    gate.leave(A)
    assert await waiting
    gate.leave(A)
    assert await gate.enter(A)


async def test_a_free_slot_is_given_even_when_slow() -> None:
    gate = EndpointGate(per_endpoint=1, wait_s=0.01, slow_s=60)
    assert await gate.enter(A)
    assert not await gate.enter(A)
    gate.leave(A)
    assert await gate.enter(A)


async def test_who_is_cancelled_while_waiting_leaves_nothing_behind() -> None:
    gate = EndpointGate(per_endpoint=1, wait_s=5, slow_s=60)
    assert await gate.enter(A)
    waiting = asyncio.create_task(gate.enter(A))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    gate.leave(A)
    assert gate._lanes == {}
