"""Who may call which route, and how often."""

from __future__ import annotations

import logging
from typing import Final
from uuid import UUID

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.core.errors import CoreError, ForbiddenError, UnauthorizedError
from headrace_api.core.identity.brake import address_subject
from headrace_api.core.identity.principal import Principal, WorkerPrincipal
from headrace_api.dialects.jobserver.decode import NAME
from headrace_api.dialects.jobserver.errors import JobserverError, envelope, render, render_http, render_own
from headrace_api.dialects.jobserver.settings import JobserverSettings
from headrace_api.http.auth import bearer, client_address, cookie
from headrace_api.http.limits import ALLOWANCE, Rule, take
from headrace_api.http.middleware import Handler
from headrace_api.http.proving import proving
from headrace_api.http.responses import close_if_unread

log = logging.getLogger(__name__)

COOKIE: Final = "auth_token"
WORKER_HEADER: Final = "x-worker-token"
ADMIN: Final = "admin"

USER: Final = web.RequestKey("jobserver_user", Principal)
WORKER: Final = web.RequestKey("jobserver_worker", WorkerPrincipal)
#: The account that the caller belongs to.
ACCOUNT: Final = web.RequestKey("jobserver_account", UUID)
_WINDOW_S: Final = 60


def user_token(request: web.BaseRequest) -> str | None:
    """The login's token: bearer header, or cookie."""
    return bearer(request) or cookie(request, COOKIE)


class Gate:
    """Wraps handlers: finds out who calls, counts the request, then lets it through or not.

    Who has no good credentials is counted by network address, so that answers without them have a limit too.
    """

    def __init__(self, core: Core, settings: JobserverSettings) -> None:
        self._core = core
        self._settings = settings

    def anybody(self, handler: Handler) -> Handler:
        """Login and what goes with it; where an admin or, if the site is open, anybody may come."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            await self._count_address(request)
            return await handler(request)

        return guarded

    def user(self, handler: Handler, *, query_token: bool = False) -> Handler:
        """Somebody who is logged in. ``query_token``: ``?token=`` will do, for clients that can't set headers."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            token = user_token(request) or (request.query.get("token") if query_token else None)
            await self._enter_user(request, token)
            return await handler(request)

        return guarded

    def admin(self, handler: Handler) -> Handler:
        """An admin of the account."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            await self._enter_user(request, user_token(request))
            require_admin(request[USER])
            return await handler(request)

        return guarded

    def worker(self, handler: Handler) -> Handler:
        """A registered worker; its call is a sign of life, which renews what it holds."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            await self._enter_worker(request)
            await self._core.workers.alive(request[WORKER])
            return await handler(request)

        return guarded

    def heartbeat(self, handler: Handler) -> Handler:
        """As ``worker``, for the route that is the sign of life itself."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            await self._enter_worker(request)
            return await handler(request)

        return guarded

    def either(self, handler: Handler) -> Handler:
        """A user or a worker of the account."""
        as_user, as_worker = self.user(handler), self.worker(handler)

        async def guarded(request: web.Request) -> web.StreamResponse:
            known = user_token(request) is None and request.headers.get(WORKER_HEADER)
            return await (as_worker if known else as_user)(request)

        return guarded

    @web.middleware
    async def errors(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Every error under this mount leaves in this dialect's envelope, without a trace of its inside."""
        try:
            return await handler(request)
        except (CoreError, JobserverError, web.HTTPException) as error:
            response = await self._answer(request, error)
        except ConnectionError:
            raise  # the client is gone: nobody reads an answer
        except Exception:
            log.exception("%s %s failed", request.method, request.path, extra={"action": "http.failed"})
            response = envelope(500, "INTERNAL_ERROR", "Internal error")
        close_if_unread(request, response)
        return response

    async def enter_admin(self, request: web.Request) -> UUID:
        """The account of the admin who calls, inside a route that is open to others too. Raises as ``admin``."""
        token = user_token(request)
        async with proving(request, self._core.guesses, token):
            principal = await self._core.identity.session(token)
        require_admin(principal)
        return principal.account_id

    async def _answer(self, request: web.Request, error: Exception) -> web.Response:
        if request.get(ALLOWANCE) is None:
            # A path or a method that is none: no guard has counted it.
            try:
                await self._count_address(request)
            except CoreError as refused:
                error = refused
        if isinstance(error, CoreError):
            return render(error)
        return render_own(error) if isinstance(error, JobserverError) else _http(error)

    async def _enter_user(self, request: web.Request, token: str | None) -> None:
        try:
            async with proving(request, self._core.guesses, token):
                principal = await self._core.identity.session(token)
        except UnauthorizedError:
            await self._count_address(request)
            raise
        await self._count(request, principal.subject)
        request[USER], request[ACCOUNT] = principal, principal.account_id

    async def _enter_worker(self, request: web.Request) -> None:
        try:
            token = request.headers.get(WORKER_HEADER)
            async with proving(request, self._core.guesses, token):
                worker = await self._core.identity.worker(token, NAME)
        except UnauthorizedError:
            await self._count_address(request)
            raise
        await self._count(request, f"worker:{worker.worker_id}")
        request[WORKER], request[ACCOUNT] = worker, worker.account_id

    async def _count_address(self, request: web.Request) -> None:
        address = client_address(request, self._settings.trusted_proxies)
        await self._count(request, address_subject(address or "unknown"))

    async def _count(self, request: web.Request, subject: str) -> None:
        rules = [Rule(self._settings.per_minute, _WINDOW_S)]
        await take(self._core.limits, request, f"{NAME}:{subject}", rules)


def require_admin(principal: Principal) -> None:
    """Raises ForbiddenError for anybody else."""
    if principal.role != ADMIN:
        raise ForbiddenError("Only an admin may do this")


def _http(error: Exception) -> web.Response:
    if not isinstance(error, web.HTTPException):
        raise error
    return render_http(error)
