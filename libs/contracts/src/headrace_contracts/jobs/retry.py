"""Retry policy: after which failures a job gets another attempt, how many, and how long it waits in between. Pure."""

from __future__ import annotations

import msgspec

from headrace_contracts.limits import MAX_ATTEMPTS
from headrace_contracts.messages.events import RETRIED, FailureCode

#: The most attempts that a policy may ask for.
ATTEMPTS_LIMIT = 20
#: The longest back-off that a policy may ask for, in seconds.
BACKOFF_LIMIT_S = 24 * 3600.0


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Stored with a job as JSON; ``FailureCode.HANDLER`` is retried only where ``retry_on`` names it.

    A lost attempt (``FailureCode.LOST``) comes back as soon as its lease has lapsed, without a further wait.
    """

    max_attempts: int = MAX_ATTEMPTS
    #: Wait before the second attempt, in seconds; each further wait is ``factor`` times as long, up to ``longest_s``.
    backoff_s: float = 1.0
    factor: float = 4.0
    longest_s: float = 60.0
    #: A wait is shortened at random by up to this share (0..1): what failed together does not return together.
    jitter: float = 0.2
    retry_on: frozenset[FailureCode] = RETRIED

    @property
    def text(self) -> str:
        """As JSON."""
        return msgspec.json.encode(self).decode()

    def retries(self, code: FailureCode | None, attempts: int) -> bool:
        """Whether another attempt follows after attempt number ``attempts`` (from 1) ended with ``code``."""
        return code is not None and code in self.retry_on and attempts < self.max_attempts

    def delay_s(self, attempts: int, luck: float) -> float:
        """The wait after attempt number ``attempts`` (from 1); ``luck`` is a random number in 0..1."""
        # A power that is too large for a float is as long as the longest wait.
        steps = min(max(attempts, 1) - 1, 64)
        full = min(self.longest_s, self.backoff_s * self.factor**steps)
        return full * (1 - self.jitter * luck)


DEFAULT_RETRY = RetryPolicy()


def in_force(text: str | None, of_model: RetryPolicy) -> RetryPolicy:
    """The policy in a row of ``jobs``; the model's where there is none, or one that nobody here can read.

    A newer release may have written it, while both run: better retried by its model's rule than never recorded.
    """
    try:
        return of_model if text is None else msgspec.json.decode(text, type=RetryPolicy)
    except msgspec.MsgspecError:
        return of_model
