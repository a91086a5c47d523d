"""Rates of a key, and how every answer shows them (seed 004, «Rate Limits»)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from aiohttp import web

from headrace_api.core.errors import Allowance, RateLimitedError
from headrace_api.core.identity.principal import Principal
from headrace_api.core.limits import RateLimits
from headrace_api.dialects.native.settings import NativeSettings

_MINUTE_S = 60
_HOUR_S = 3600


@dataclass(kw_only=True, slots=True)
class Rates:
    """Where a key's limits stand after this request."""

    minute: Allowance | None = None
    hour: Allowance | None = None


RATES = web.RequestKey("native_rates", Rates)


async def take(request: web.Request, limits: RateLimits, who: Principal, settings: NativeSettings) -> None:
    """Count the request. Raises RateLimitedError."""
    rates = request[RATES] = Rates()
    subject = f"native:{who.subject}"
    try:
        rates.minute = await limits.take(
            subject, limit=who.per_minute or settings.per_minute, window_s=_MINUTE_S
        )
    except RateLimitedError as error:
        rates.minute = error.allowance
        raise
    try:
        rates.hour = await limits.take(subject, limit=who.per_hour or settings.per_hour, window_s=_HOUR_S)
    except RateLimitedError as error:
        rates.hour = error.allowance
        raise


async def show(request: web.Request, response: web.StreamResponse) -> None:
    """A signal: the limits as they stand, on every answer to a key that is known."""
    rates = request.get(RATES)
    if rates is None:
        return
    for allowance, suffix in ((rates.minute, ""), (rates.hour, "-Hour")):
        if allowance is not None:
            response.headers[f"X-RateLimit-Limit{suffix}"] = str(allowance.limit)
            response.headers[f"X-RateLimit-Remaining{suffix}"] = str(allowance.remaining)
            # Unix time: whole seconds, not before the window ends.
            response.headers[f"X-RateLimit-Reset{suffix}"] = str(math.ceil(allowance.reset_at.timestamp()))
