"""Which retry policy holds for a job: its own, else its model's (ADR 0025). Pure."""

from __future__ import annotations

import msgspec

from headrace_contracts.catalogue import registry
from headrace_contracts.jobs.retry import DEFAULT_RETRY, RetryPolicy, in_force
from headrace_contracts.messages.events import FailureCode


def policy_of(model: str, retry: str | None, max_attempts: int) -> RetryPolicy:
    """``retry``: JSON text of the job's row; ``max_attempts``: the row's, which binds the SQL guards as well."""
    known = registry.get(model)
    of_model = DEFAULT_RETRY if known is None else known.retry
    return msgspec.structs.replace(in_force(retry, of_model), max_attempts=max_attempts)


def wait_s(policy: RetryPolicy, code: FailureCode, attempt: int, luck: float) -> float:
    """How long a job waits after attempt number ``attempt`` (from 1); ``luck`` is a random number in 0..1.

    A lost attempt has waited for the end of its lease already.
    """
    return 0.0 if code is FailureCode.LOST else policy.delay_s(attempt, luck)


def last_one(reason: str, attempt: int) -> str:
    """The failure reason of a job whose attempts are used up."""
    return f"{reason}; that was attempt {attempt}, the last one"


def last_loss(reason: str, policy: RetryPolicy, attempt: int, lost_before: int) -> str:
    """The failure reason of a job that is not tried again after its agent was lost.

    ``lost_before``: how many of the attempts before this one were lost, too.
    """
    if FailureCode.LOST not in policy.retry_on:
        return f"{reason}; its retry policy allows no other attempt after that"
    if attempt > 1 and lost_before >= attempt - 1:
        return f"{last_one(reason, attempt)}, and all before it were lost, too"
    return last_one(reason, attempt)
