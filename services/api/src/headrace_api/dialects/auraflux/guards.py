"""Who may call: a key of this dialect, of an account whose plan has API access, within its rate."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.core.errors import ForbiddenError
from headrace_api.core.identity.principal import Principal
from headrace_api.http.auth import bearer
from headrace_api.http.limits import Rule, take
from headrace_api.http.middleware import Handler
from headrace_api.http.proving import proving
from headrace_contracts.plans import PLANS

KIND = "auraflux"
_MINUTE_S, _HOUR_S = 60, 3600

KeyHandler = Callable[[web.Request, Principal], Awaitable[web.StreamResponse]]


class Guard:
    """Stands before every route."""

    def __init__(self, core: Core, per_minute: int) -> None:
        self._core = core
        self._per_minute = per_minute

    def route(self, handler: KeyHandler, scope: str | None = None) -> Handler:
        """``handler`` for callers that are found good; ``scope`` None: any key will do."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            key = bearer(request)
            async with proving(request, self._core.guesses, key):
                principal = await self._core.identity.api_key(key, KIND)
            await take(self._core.limits, request, principal.subject, self._rules(principal))
            if not principal.api_access:
                opens = " and ".join(f"'{plan.name}'" for plan in PLANS.values() if plan.api_access)
                raise ForbiddenError(
                    f"The plan '{principal.plan}' has no API access; the plans {opens} include it"
                )
            if scope is not None:
                principal.require(scope)
            return await handler(request, principal)

        return guarded

    def _rules(self, principal: Principal) -> list[Rule]:
        rules = [Rule(principal.per_minute or self._per_minute, _MINUTE_S)]
        if principal.per_hour is not None:
            rules.append(Rule(principal.per_hour, _HOUR_S))
        return rules
