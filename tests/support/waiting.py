"""Waiting for a condition, with its last value in the message when it does not come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")


@overload
async def until(
    ask: Callable[[], Awaitable[T | None]], *, timeout_s: float = ..., every_s: float = ..., what: str = ...
) -> T: ...


@overload
async def until(
    ask: Callable[[], Awaitable[T]],
    wanted: Callable[[T], bool],
    *,
    timeout_s: float = ...,
    every_s: float = ...,
    what: str = ...,
) -> T: ...


async def until(
    ask: Callable[[], Awaitable[Any]],
    wanted: Callable[[Any], bool] = bool,
    *,
    timeout_s: float = 20.0,
    every_s: float = 0.03,
    what: str = "",
) -> Any:
    """Ask until the answer is ``wanted`` (by default: true); returns it.

    Raises AssertionError with the last answer after ``timeout_s``; ``what`` says what was waited for.
    """
    end = time.monotonic() + timeout_s
    while not wanted(value := await ask()):
        if time.monotonic() > end:
            raise AssertionError(f"{what or 'condition'}: still {value!r} after {timeout_s} s")
        await asyncio.sleep(every_s)
    return value
