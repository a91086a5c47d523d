"""Which of the demo's jobs can run here."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from headrace.demo.jobs import DemoJob


def plan(jobs: Iterable[DemoJob], installed: Collection[str]) -> list[DemoJob]:
    """The jobs whose models are installed, in order, one a key; none that waits for the file of one left out."""
    chosen: dict[str, DemoJob] = {}
    for job in jobs:
        if job.model in installed and job.key not in chosen:
            chosen[job.key] = job
    while orphans := [job for job in chosen.values() if job.input_from and job.input_from not in chosen]:
        for job in orphans:
            del chosen[job.key]
    return list(chosen.values())
