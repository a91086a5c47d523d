"""Rate limits in headers: ``X-RateLimit-*`` on every answer, ``Retry-After`` on a refusal (RFC 9110, 10.2.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from headrace_api.core.errors import Allowance, RateLimitedError
from headrace_api.core.limits import RateLimits

ALLOWANCE = web.RequestKey("allowance", Allowance)


@dataclass(frozen=True, slots=True)
class Rule:
    """``limit`` requests in each ``window_s`` seconds."""

    limit: int
    window_s: int


async def take(limits: RateLimits, request: web.Request, subject: str, rules: Sequence[Rule]) -> Allowance:
    """Count the request of ``subject`` against all ``rules``; the tightest is what its headers will show.

    Raises RateLimitedError at the first rule that refuses.
    """
    tightest: Allowance | None = None
    for rule in rules:
        try:
            allowance = await limits.take(subject, limit=rule.limit, window_s=rule.window_s)
        except RateLimitedError as error:
            if error.allowance is not None:
                request[ALLOWANCE] = error.allowance
            raise
        if tightest is None or allowance.remaining < tightest.remaining:
            tightest = request[ALLOWANCE] = allowance
    if tightest is None:
        raise ValueError("no rule to count against")
    return tightest


def headers_of(allowance: Allowance) -> dict[str, str]:
    """``X-RateLimit-Reset`` in seconds since the epoch, as seed 003 shows it."""
    return {
        "X-RateLimit-Limit": str(allowance.limit),
        "X-RateLimit-Remaining": str(allowance.remaining),
        "X-RateLimit-Reset": str(int(allowance.reset_at.timestamp())),
    }


def refusal_headers(error: RateLimitedError) -> dict[str, str]:
    """For the answer to a request that was refused."""
    shown = {} if error.allowance is None else headers_of(error.allowance)
    return {**shown, "Retry-After": str(error.retry_after_s)}


async def show_allowance(request: web.Request, response: web.StreamResponse) -> None:
    """A signal (``app.on_response_prepare``): every answer to a request that was counted shows the limit."""
    allowance = request.get(ALLOWANCE)
    if allowance is not None:
        for name, value in headers_of(allowance).items():
            response.headers.setdefault(name, value)
