"""What is asked for: job number `n` of a run, a pure function of seed and number."""

from __future__ import annotations

import math
import random

import msgspec

NATIVE, RADIANCE, AURAFLUX = "native", "radiance", "auraflux"
_PRIORITIES = ("low", "normal", "high", "urgent")


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One job. `work` says what it does (see work.py); `size` in bytes or lines, `ms` how long its handler takes.

    `keyed`: sent with an Idempotency-Key, and again until it is answered. `run_in_s` and `cancel_after_s` count from
    the submit and from its answer; None: not at all.
    """

    n: int
    dialect: str
    work: str
    priority: str
    size: int
    ms: int
    keyed: bool
    webhook: bool
    run_in_s: float | None = None
    cancel_after_s: float | None = None


class _Mix(msgspec.Struct, frozen=True):
    """How often a kind of work is asked for, in which dialects, how large and how long."""

    weight: int
    work: str
    dialects: tuple[str, ...]
    size: tuple[int, int]
    ms: tuple[int, int] = (0, 0)


_BOTH = (NATIVE, RADIANCE)
_MIXES = (
    _Mix(44, "noop", _BOTH, (1, 16_000)),
    _Mix(24, "text", _BOTH, (1, 8_000), (0, 400)),
    _Mix(7, "film", (AURAFLUX,), (1, 500), (0, 200)),
    _Mix(7, "print", _BOTH, (3, 60), (0, 200)),
    _Mix(5, "file", (RADIANCE,), (300, 3_000_000), (0, 100)),
    _Mix(5, "fail", _BOTH, (1, 100), (0, 100)),
    _Mix(4, "later", (NATIVE,), (1, 100), (0, 50)),
    _Mix(2, "large", _BOTH, (70_000, 250_000), (0, 50)),
    _Mix(1, "crash", _BOTH, (1, 100), (0, 100)),
    _Mix(1, "slow", _BOTH, (1, 100), (6_000, 18_000)),
)
_WEIGHTS = [mix.weight for mix in _MIXES]
_CANCELLED = 0.07
_UNKEYED = 0.15
_WEBHOOK = 0.4


def make_ask(seed: int, n: int) -> Ask:
    """Job `n`: sizes are spread evenly over their orders of magnitude."""
    chance = random.Random(f"headrace-chaos-{seed}-{n}")  # noqa: S311 -- a load that can be repeated
    (mix,) = chance.choices(_MIXES, _WEIGHTS)
    return Ask(
        n=n,
        dialect=chance.choice(mix.dialects),
        work=mix.work,
        priority=chance.choice(_PRIORITIES),
        size=round(math.exp(chance.uniform(math.log(mix.size[0]), math.log(mix.size[1])))),
        ms=chance.randint(*mix.ms),
        keyed=chance.random() >= _UNKEYED,
        webhook=chance.random() < _WEBHOOK,
        run_in_s=round(chance.uniform(1, 8), 2) if mix.work == "later" else None,
        cancel_after_s=round(chance.uniform(0, 2), 2) if chance.random() < _CANCELLED else None,
    )
