"""Each kind of fault alone, as short as it can be, one after the other on one stack under load."""

from __future__ import annotations

import math

import pytest
from rich.console import Console
from tests.support.servers import run_apart

from headrace.chaos.kinds import KINDS
from headrace.chaos.options import ChaosOptions
from headrace.chaos.report import Report
from headrace.chaos.run import run_chaos
from headrace.chaos.schedule import one_by_one

FAULTS = one_by_one()
#: Until the first job that was submitted after the fault has completed, on a machine that is busy with other tests.
RECOVERED_WITHIN_S = 20.0

pytestmark = pytest.mark.timeout(540)  # the first test waits for the whole run


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    options = ChaosOptions(
        minutes=math.ceil(FAULTS[-1].ends_s + 5.0) / 60,
        seed=1,
        rate=10.0,
        state_dir=tmp_path_factory.mktemp("chaos"),
        drain_s=150.0,
        faults=FAULTS,
    )
    return run_apart(run_chaos(options, Console(width=120)))


def test_every_promise_is_kept(report: Report) -> None:
    assert report.violations == []
    assert report.ok


@pytest.mark.parametrize("kind", KINDS)
def test_the_stack_recovers_by_itself(report: Report, kind: str) -> None:
    (recovery,) = [each for each in report.figures.recoveries if each.kind == kind]
    assert recovery.lasted_s >= KINDS[kind].lasts_s[0]
    assert recovery.seconds is not None
    assert recovery.seconds < RECOVERED_WITHIN_S
