"""What a run has shown: as tables for people, as JSON for programs."""

from __future__ import annotations

from collections import Counter

import msgspec
from rich.console import Console
from rich.table import Table

from headrace.chaos.actions import repairs
from headrace.chaos.checker.evidence import Violation
from headrace.chaos.figures import Figures

_SHOWN = 30


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    rule: str
    subject: str
    text: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All of a run. `ok`: every rule holds."""

    ok: bool
    seed: int
    minutes: float
    rate: float
    seconds: float
    again: str
    figures: Figures
    #: Repairs of the reconcile.
    repairs: int
    #: Log lines by action.
    actions: dict[str, int]
    #: Ends of processes that no fault explains; they were started again.
    deaths: list[str]
    violations: list[Broken]


def broken(violations: tuple[Violation, ...]) -> list[Broken]:
    return [Broken(rule=each.rule, subject=each.subject, text=each.text) for each in violations]


def print_report(report: Report, console: Console) -> None:
    figures = report.figures
    _jobs(figures, console)
    _faults(figures, console)
    facts = Table(show_header=False)
    for name, value in _facts(report):
        facts.add_row(name, value)
    console.print(facts)
    by_rule = Counter(each.rule for each in report.violations)
    for each in report.violations[:_SHOWN]:
        console.print(f"NOT KEPT {each.rule}: {each.subject}: {each.text}", markup=False, highlight=False)
    if len(report.violations) > _SHOWN:
        more = ", ".join(f"{n} {rule}" for rule, n in by_rule.items())
        console.print(f"... in all: {more}", highlight=False)
    verdict = "every promise was kept" if report.ok else f"{len(report.violations)} violations"
    console.print(
        f"seed {report.seed}: {figures.accepted} jobs, {sum(figures.faults.values())} faults, {verdict}. "
        f"Again: {report.again}",
        highlight=False,
        soft_wrap=True,
    )


def _facts(report: Report) -> list[tuple[str, str]]:
    figures, longest = report.figures, report.figures.longest_recovery
    recovery = (
        "none" if longest is None else f"{longest.seconds:g} s after {longest.kind} of {longest.target}"
    )
    shown = ", ".join(f"{n} {outcome}" for outcome, n in figures.attempts.items()) or "none"
    return [
        ("jobs offered, accepted", f"{figures.offered}, {figures.accepted}"),
        ("requests without an answer", str(figures.unanswered)),
        ("redeliveries", str(figures.redeliveries)),
        ("attempts that did not end their job", shown),
        ("failed after all attempts met a fault", str(figures.worn_out)),
        ("repairs", str(report.repairs)),
        ("webhooks, sent again", f"{figures.webhooks}, {figures.webhook_repeats}"),
        ("processes that ended by themselves", str(len(report.deaths))),
        ("orphan files, swept away", str(figures.orphans)),
        ("longest recovery", recovery),
        ("slowest job", f"{figures.slowest_job_s:g} s"),
        ("lost", str(figures.lost)),
        ("doubled", str(figures.doubled)),
    ]


def _jobs(figures: Figures, console: Console) -> None:
    states = sorted({state for each in figures.jobs.values() for state in each})
    table = Table("dialect", *states, title="jobs")
    for dialect, counted in figures.jobs.items():
        table.add_row(dialect, *(str(counted.get(state, 0)) for state in states))
    console.print(table)


def _faults(figures: Figures, console: Console) -> None:
    table = Table("fault", "times", "recovered within", title="faults")
    for kind, times in figures.faults.items():
        seconds = [
            each.seconds for each in figures.recoveries if each.kind == kind and each.seconds is not None
        ]
        table.add_row(kind, str(times), f"{max(seconds):.1f} s" if seconds else "")
    console.print(table)


def repairs_of(actions: Counter[str]) -> int:
    return repairs(actions)
