"""This dialect's words for what the core knows (seed 000, «Job Statuses» and «Submit a Job»). Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

from headrace_contracts.jobs.lane import LINUX_AMD64, LINUX_ARM64
from headrace_contracts.jobs.state import JobState


class Status(StrEnum):
    PENDING = "PENDING"
    CLAIMED = "CLAIMED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


#: What each state is called; what the text does not know is shown as its nearest.
STATUS: Mapping[JobState, Status] = {
    JobState.SCHEDULED: Status.PENDING,
    JobState.QUEUED: Status.PENDING,
    JobState.CLAIMED: Status.CLAIMED,
    JobState.RUNNING: Status.RUNNING,
    JobState.STAGED: Status.RUNNING,
    JobState.COMPLETED: Status.COMPLETED,
    JobState.FAILED: Status.FAILED,
    JobState.CANCELLED: Status.FAILED,
}
#: What a worker may say.
REPORTED = (Status.RUNNING, Status.COMPLETED, Status.FAILED)

_SHOWN = {LINUX_AMD64: "linux/amd64", LINUX_ARM64: "linux/arm64"}
PLATFORMS = tuple(_SHOWN.values())
DEFAULT_PLATFORM = LINUX_AMD64
_READ = {
    spelling: platform
    for platform, shown in _SHOWN.items()
    for spelling in (platform, shown, shown.removeprefix("linux/"))
}

#: A week.
MAX_HOURS = 168


def platform_of(text: str) -> str | None:
    """The platform that is meant: ``linux/amd64``, ``linux-amd64`` or ``amd64``; None when there is none such."""
    return _READ.get(text.strip().lower())


def shown_platform(platform: str) -> str:
    """As the text writes it; ``any`` for a job of another dialect that runs everywhere."""
    return _SHOWN.get(platform, platform)


def shown_hours(seconds: float) -> int:
    """Whole hours, as the text has them; a job of another dialect may have less."""
    return max(1, math.ceil(seconds / 3600))


def shown_time(moment: datetime | None) -> str | None:
    """``2025-12-14T10:00:00Z``."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"
