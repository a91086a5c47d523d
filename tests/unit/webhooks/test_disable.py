"""When an endpoint is given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from headrace_webhooks.disable import reason_to_disable
from headrace_webhooks.outcome import Outcome, SendError

NOW = datetime(2025, 10, 27, 10, 16, tzinfo=UTC)
FAILED = Outcome(error=SendError.CONNECTION, duration_ms=3)


def test_gone_disables_at_once() -> None:
    gone = Outcome(status=410, duration_ms=1)
    assert "410" in (reason_to_disable(gone, first_failure_at=None, now=NOW) or "")


def test_five_days_without_success_disable() -> None:
    first = NOW - timedelta(days=5)
    assert "2025-10-22" in (reason_to_disable(FAILED, first_failure_at=first, now=NOW) or "")
    assert reason_to_disable(FAILED, first_failure_at=first + timedelta(seconds=1), now=NOW) is None
    assert reason_to_disable(FAILED, first_failure_at=None, now=NOW) is None


def test_a_success_never_disables() -> None:
    good = Outcome(status=204, duration_ms=1)
    assert reason_to_disable(good, first_failure_at=NOW - timedelta(days=30), now=NOW) is None
