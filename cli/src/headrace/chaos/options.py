"""What the user chose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from headrace.chaos.kinds import KINDS
from headrace.chaos.schedule import Fault, make_schedule


@dataclass(frozen=True, kw_only=True)
class ChaosOptions:
    """`state_dir` None: a temporary folder, removed at the end unless `keep`, or when a promise was broken.

    `faults` None: a schedule made from `seed`, `minutes` and `kinds`.
    """

    minutes: float
    seed: int
    kinds: tuple[str, ...] = tuple(KINDS)
    rate: float = 15.0
    keep: bool = False
    state_dir: Path | None = None
    report: Path | None = None
    drain_s: float = 150.0
    faults: tuple[Fault, ...] | None = None

    def schedule(self) -> tuple[Fault, ...]:
        """Raises ValueError for an unknown kind."""
        if self.faults is not None:
            return self.faults
        return make_schedule(self.seed, minutes=self.minutes, kinds=self.kinds)

    @property
    def again(self) -> str:
        """The command that repeats the run."""
        words = [
            "headrace chaos",
            f"--minutes {self.minutes:g}",
            f"--seed {self.seed}",
            f"--rate {self.rate:g}",
        ]
        if self.kinds != tuple(KINDS):
            words.append(f"--faults {','.join(self.kinds)}")
        return " ".join(words)

    @property
    def store_bytes(self) -> int:
        """What JetStream may store: what its streams reserve (CHANGES), and room for the events of the run."""
        return (300 + round(8 * self.minutes)) * 1024 * 1024
