"""The command before it starts anything."""

from __future__ import annotations

from typer.testing import CliRunner

from headrace.chaos.options import ChaosOptions
from headrace.cli.app import app


def test_an_unknown_fault_is_told_before_anything_starts() -> None:
    found = CliRunner().invoke(app, ["chaos", "--faults", "flood"])
    assert found.exit_code == 1
    assert "flood is no kind of fault; the kinds are kill-api" in found.output


def test_the_report_names_the_command_that_repeats_the_run() -> None:
    assert ChaosOptions(minutes=10, seed=7).again == "headrace chaos --minutes 10 --seed 7 --rate 15"
    some = ChaosOptions(minutes=0.5, seed=1, rate=2.5, kinds=("s3-away", "kill-api"))
    assert some.again == "headrace chaos --minutes 0.5 --seed 1 --rate 2.5 --faults s3-away,kill-api"
