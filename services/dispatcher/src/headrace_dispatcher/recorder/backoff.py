"""The moment at which a job may run again."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from headrace_contracts.jobs.retry import RetryPolicy
from headrace_contracts.messages.events import FailureCode
from headrace_dispatcher.recorder.policy import wait_s


def not_before(policy: RetryPolicy, code: FailureCode, attempt: int) -> datetime | None:
    """After attempt number ``attempt`` (from 1) ended now; None = at once."""
    pause_s = wait_s(policy, code, attempt, random.random())  # noqa: S311 -- spreads load, guards nothing
    return datetime.now(UTC) + timedelta(seconds=pause_s) if pause_s else None
