"""When to stop sending to an endpoint at all."""

from __future__ import annotations

from datetime import datetime, timedelta

from headrace_webhooks.outcome import Outcome

GONE = 410
#: Without one success for this long, an endpoint is taken for dead.
PATIENCE = timedelta(days=5)


def reason_to_disable(outcome: Outcome, *, first_failure_at: datetime | None, now: datetime) -> str | None:
    """Why an endpoint is disabled after ``outcome``; None: it stays.

    ``first_failure_at`` is its first failure since its last success, None if this is it. The rule: 410 at once
    (Standard Webhooks), else five days without a success, the failure of now included.
    """
    if outcome.ok:
        return None
    if outcome.status == GONE:
        return "the receiver answered 410 Gone"
    if first_failure_at is not None and now - first_failure_at >= PATIENCE:
        return f"no delivery succeeded since {first_failure_at:%Y-%m-%d %H:%M} UTC"
    return None
