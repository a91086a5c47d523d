"""Who calls, and how often (seed 000, «Authentication» and «Rate Limiting»)."""

from __future__ import annotations

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.core.errors import BadRequestError, UnauthorizedError
from headrace_api.core.identity.principal import Principal, WorkerPrincipal
from headrace_api.http.auth import bearer
from headrace_api.http.limits import Rule, take
from headrace_api.http.proving import proving

NAME = "auralis"
_RULES = (Rule(100, 60),)


def given_user_id(request: web.Request) -> str | None:
    """The query parameter. Raises BadRequestError when it stands there twice."""
    values = request.query.getall("user_id", [])
    if len(values) > 1:
        raise BadRequestError("Query parameter 'user_id' stands twice")
    return values[0] if values else None


class Callers:
    """Each caller is counted: a user by the account, a worker by itself."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def user(self, request: web.Request, user_id: str | None = None) -> Principal:
        """The account that ``user_id`` names; None = the query parameter. Raises UnauthorizedError."""
        text = given_user_id(request) if user_id is None else user_id
        async with proving(request, self._core.guesses, text):
            principal = await self._core.identity.user_ref(text)
        await take(self._core.limits, request, f"{NAME}:{principal.subject}", _RULES)
        return principal

    async def worker(self, request: web.Request) -> WorkerPrincipal:
        """The machine whose bearer token this is: a sign of life that renews its claims. Raises UnauthorizedError."""
        token = bearer(request)
        async with proving(request, self._core.guesses, token):
            worker = await self._core.identity.worker(token, NAME)
        await take(self._core.limits, request, f"{NAME}:worker:{worker.worker_id}", _RULES)
        await self._core.workers.alive(worker)
        return worker

    async def either(self, request: web.Request) -> Principal | WorkerPrincipal:
        """A user, or a worker. Raises UnauthorizedError."""
        if given_user_id(request) is not None:
            return await self.user(request)
        if bearer(request) is not None:
            return await self.worker(request)
        raise UnauthorizedError("user_id is required, as a query parameter, or a worker's bearer token")
