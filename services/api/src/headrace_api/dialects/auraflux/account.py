"""``GET /v1/account``."""

from __future__ import annotations

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.core.identity.principal import Principal
from headrace_api.http.limits import ALLOWANCE
from headrace_api.http.responses import json_response
from headrace_contracts.jobs.timing import iso_ms


class AccountRoute:
    """Who the caller is, and what is left to it."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def get(self, request: web.Request, principal: Principal) -> web.StreamResponse:
        """Account id, plan, credit balance and rate limit."""
        allowance = request[ALLOWANCE]
        answer = {
            "id": str(principal.account_id),
            "plan": principal.plan,
            "apiAccess": principal.api_access,
            "credits": await self._core.credits.balance(principal.account_id),
            "rateLimit": {
                "limit": allowance.limit,
                "remaining": allowance.remaining,
                "resetAt": iso_ms(allowance.reset_at),
            },
        }
        return json_response(answer)
