"""What is counted of publications."""

from __future__ import annotations

from dataclasses import dataclass

from headrace_runtime.metrics import DISABLED, Counter, Histogram, Metrics


@dataclass(frozen=True, kw_only=True, slots=True)
class Instruments:
    """Labels: ``platform``; ``state`` of those that ended."""

    ended: Counter
    retried: Counter
    steps: Histogram


def instruments(metrics: Metrics = DISABLED) -> Instruments:
    return Instruments(
        ended=metrics.counter(
            "headrace.publications.ended",
            unit="{publication}",
            description="publications that ended, by state",
        ),
        retried=metrics.counter(
            "headrace.publications.retried", unit="{attempt}", description="attempts that will be made again"
        ),
        steps=metrics.histogram(
            "headrace.publications.step", unit="s", description="how long a step of a platform took"
        ),
    )
