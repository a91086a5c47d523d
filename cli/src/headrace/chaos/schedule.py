"""When which fault happens: a pure function of seed, length and kinds."""

from __future__ import annotations

import random
from collections.abc import Sequence

import msgspec

from headrace.chaos.kinds import KINDS

#: No fault before, so that there is something to break.
QUIET_START_S = 5.0
_GAP_S = (7.0, 16.0)
_MOST_AT_ONCE = 2


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One fault: begins `at_s` seconds after the load did, on `target`, and is over after `lasts_s`."""

    number: int
    at_s: float
    kind: str
    target: str
    lasts_s: float

    @property
    def ends_s(self) -> float:
        return self.at_s + self.lasts_s


def make_schedule(seed: int, *, minutes: float, kinds: Sequence[str] = tuple(KINDS)) -> tuple[Fault, ...]:
    """The faults of a run: all are over when the load ends.

    Every kind comes once before any comes again. At most two overlap, and never on one target. Raises ValueError for
    an unknown kind.
    """
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise ValueError(
            f"faults: {', '.join(unknown)} is no kind of fault; the kinds are {', '.join(KINDS)}"
        )
    chance = random.Random(f"headrace-chaos-{seed}")  # noqa: S311 -- a schedule that can be repeated
    faults: list[Fault] = []
    deck: list[str] = []
    at_s = QUIET_START_S
    while kinds:
        if not deck:
            deck = list(kinds)
            chance.shuffle(deck)
        kind = KINDS[deck.pop()]
        target, lasts_s = chance.choice(kind.targets), round(chance.uniform(*kind.lasts_s), 2)
        at_s = _when_free(faults, at_s, target)
        if at_s + lasts_s > minutes * 60:
            break
        faults.append(
            Fault(number=len(faults) + 1, at_s=round(at_s, 2), kind=kind.name, target=target, lasts_s=lasts_s)
        )
        at_s += chance.uniform(*_GAP_S)
    return tuple(faults)


def one_by_one(kinds: Sequence[str] = tuple(KINDS), *, calm_s: float = 2.0) -> tuple[Fault, ...]:
    """Each kind once and alone, as short as it can be, with `calm_s` seconds after it."""
    faults: list[Fault] = []
    at_s = QUIET_START_S
    for number, name in enumerate(kinds, start=1):
        kind = KINDS[name]
        target = kind.targets[number % len(kind.targets)]
        faults.append(Fault(number=number, at_s=at_s, kind=name, target=target, lasts_s=kind.lasts_s[0]))
        at_s += kind.lasts_s[0] + calm_s
    return tuple(faults)


def _when_free(faults: Sequence[Fault], at_s: float, target: str) -> float:
    """The first moment from `at_s` on at which one more fault fits in."""
    while True:
        under_way = [fault for fault in faults if fault.ends_s + 1.0 > at_s]
        in_the_way = [fault.ends_s for fault in under_way if fault.target == target]
        if not in_the_way and len(under_way) >= _MOST_AT_ONCE:
            in_the_way = [min(fault.ends_s for fault in under_way)]
        if not in_the_way:
            return at_s
        at_s = max(in_the_way) + 1.0
