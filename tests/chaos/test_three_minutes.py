"""Three minutes of load in three dialects under faults of many kinds, with a fixed seed: every promise is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from headrace.chaos.options import ChaosOptions
from headrace.chaos.run import run_chaos

MINUTES, SEED, RATE = 3.0, 7, 10.0


@pytest.mark.timeout(540)  # three minutes, the start, and what the last faults leave to be done
async def test_under_faults_nothing_is_lost_and_nothing_is_done_twice(tmp_path: Path) -> None:
    options = ChaosOptions(minutes=MINUTES, seed=SEED, rate=RATE, state_dir=tmp_path, drain_s=150.0)
    report = await run_chaos(options, Console(width=120))
    figures = report.figures
    assert report.violations == []
    assert report.ok
    # Without these the run would prove nothing.
    assert figures.offered == MINUTES * 60 * RATE
    assert sum(figures.faults.values()) == len(options.schedule()) >= 12
    assert set(figures.jobs) == {"auraflux", "native", "radiance"}
    assert figures.redeliveries > 0
    assert figures.webhooks > 100
    assert report.repairs > 0, "the wiped JetStream left nothing to be repaired"
