"""Who may call which route."""

from __future__ import annotations

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.core.errors import UnauthorizedError
from headrace_api.core.tokens import matches
from headrace_api.dialects.radiance.settings import RadianceSettings
from headrace_api.http.auth import bearer
from headrace_api.http.middleware import Handler
from headrace_api.http.proving import proving
from headrace_contracts.ids import hash_token


def client_route(core: Core, settings: RadianceSettings, handler: Handler) -> Handler:
    """Client routes are open, as documented, unless the site asks for a key (bearer or ``x-api-key``)."""
    if settings.public:
        return handler

    async def guarded(request: web.Request) -> web.StreamResponse:
        key = bearer(request) or request.headers.get("x-api-key")
        async with proving(request, core.guesses, key):
            if not key or not matches(hash_token(key), settings.client_key_hashes):
                raise UnauthorizedError("API key required")
        return await handler(request)

    return guarded


def agent_route(core: Core, handler: Handler) -> Handler:
    """Agent routes always ask for an agent's token."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        token = bearer(request)
        async with proving(request, core.guesses, token):
            await core.agents.check(token)
        return await handler(request)

    return guarded
