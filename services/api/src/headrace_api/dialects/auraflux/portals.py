"""The five portals that a job goes through, as far as its record tells. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from headrace_contracts.catalogue.video_production import PORTALS
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView

#: The fifth is the publisher's, the others are the agent's.
NAMES: tuple[str, ...] = (*(portal.partition(" ")[2] for portal in PORTALS), "publish")
PUBLISH = len(NAMES)

PENDING, RUNNING, COMPLETE, SKIPPED = "pending", "running", "complete", "skipped"
WAITING = "awaiting_approval"


def portals(view: JobView, *, now: datetime) -> list[dict[str, Any]]:
    """``[{"number": 1, "name": "intake", "status": "complete"}, ...]``; 5 is skipped without anything to publish."""
    reached, word = _reached(view, now)
    return [
        {"number": number, "name": name, "status": _status(number, reached, word, view)}
        for number, name in enumerate(NAMES, 1)
    ]


def current(view: JobView) -> int:
    """The number of the agent's portal that its last report named; 1 before the first report."""
    number = (view.progress_message or "").partition(" ")[0]
    return int(number) if number.isascii() and number.isdigit() and 1 <= int(number) < PUBLISH else 1


def produced(view: JobView) -> bool:
    """The agent's part is done, whatever came after."""
    return view.approved_at is not None or view.state in {JobState.STAGED, JobState.COMPLETED}


def _reached(view: JobView, now: datetime) -> tuple[int, str]:
    """The portal that the job is in or ended in, and its word."""
    match view.state:
        case JobState.RUNNING:
            return current(view), RUNNING
        case JobState.STAGED if view.awaits_approval:
            return PUBLISH, WAITING
        case JobState.STAGED:
            early = view.publish_at is not None and view.publish_at > now
            return PUBLISH, PENDING if early else RUNNING
        case JobState.COMPLETED:
            return PUBLISH, COMPLETE
        case JobState.FAILED | JobState.CANCELLED:
            word = str(view.state)
            done = produced(view) or view.file is not None
            return (PUBLISH if done else current(view) if view.started_at is not None else 1), word
        case _:
            return 1, PENDING


def _status(number: int, reached: int, word: str, view: JobView) -> str:
    if number < reached:
        return COMPLETE
    if number == reached:
        nothing_published = number == PUBLISH and word == COMPLETE and not view.publishes
        return SKIPPED if nothing_published else word
    if view.final or (number == PUBLISH and not view.publishes and not view.staging):
        return SKIPPED
    return PENDING
