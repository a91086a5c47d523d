"""What the demo prints at its end: what each job found, and what was to be expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from headrace.demo.checks import Check, Happened
from headrace_contracts.jobs.state import JobState


def print_findings(console: Console, happened: Happened) -> None:
    """One row a job: model, what it found, on which agent, in which time."""
    table = Table(title="What the jobs found", title_justify="left", box=None, pad_edge=False)
    table.add_column("model", no_wrap=True)
    table.add_column("found", overflow="fold")
    table.add_column("agent", no_wrap=True)
    table.add_column("ran", justify="right", no_wrap=True)
    for job in happened.jobs:
        view = happened.views.get(job.key)
        if view is None:
            table.add_row(job.model, "never submitted", "", "")
            continue
        finding = happened.findings.get(job.key)
        said = finding.sentence if finding else f"{view.state}: {view.failure_reason or job.title}"
        ran = ""
        if view.started_at and view.finished_at:
            ran = f"{(view.finished_at - view.started_at).total_seconds():.1f} s"
        table.add_row(job.model, Text(said), view.agent or "", ran)
    console.print()
    console.print(table, highlight=False)


def print_checks(console: Console, checks: Sequence[Check]) -> None:
    console.print()
    console.print("What was to happen", style="italic")
    for each in checks:
        mark, style = ("✓", "green") if each.ok else ("✗", "bold red")
        line = Text.assemble((f"{mark} ", style), each.label)
        if each.detail and not (each.ok and each.told):
            line.append(f"  {each.detail}", style="dim" if each.ok else "red")
        console.print(line)


def print_skipped(console: Console, missing: Mapping[str, str]) -> None:
    for model, how in missing.items():
        console.print(f"skipped: {model} {how}", markup=False, highlight=False, soft_wrap=True)


def summary(happened: Happened, checks: Sequence[Check], *, seconds: float) -> str:
    """One line: jobs by their end, models, expectations met, time."""
    states = [view.state for view in happened.views.values()]
    ends = ", ".join(
        f"{states.count(state)} {state}"
        for state in (JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED)
    )
    models = len({job.model for job in happened.jobs})
    met = sum(each.ok for each in checks)
    return (
        f"{len(states)} jobs of {models} models: {ends}. "
        f"{met} of {len(checks)} expectations met, in {seconds:.0f} s."
    )
