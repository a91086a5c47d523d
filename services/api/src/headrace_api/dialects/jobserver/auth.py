"""Log in, stay logged in, log out."""

from __future__ import annotations

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.core.errors import UnauthorizedError
from headrace_api.core.identity.principal import Login
from headrace_api.dialects.jobserver import schemas
from headrace_api.dialects.jobserver.decode import body_of
from headrace_api.dialects.jobserver.encode import success
from headrace_api.dialects.jobserver.errors import JobserverError
from headrace_api.dialects.jobserver.guards import COOKIE, user_token
from headrace_api.dialects.jobserver.ids import user_text
from headrace_api.dialects.jobserver.settings import JobserverSettings
from headrace_api.http.auth import client_address


class AuthRoutes:
    """The cookie is for browsers; programs take the token of the answer."""

    def __init__(self, core: Core, settings: JobserverSettings) -> None:
        self._core = core
        self._settings = settings

    async def login(self, request: web.Request) -> web.StreamResponse:
        """``POST /api/auth/login``."""
        body = await body_of(request, schemas.Login, self._settings.patience)
        address = client_address(request, self._settings.trusted_proxies)
        try:
            login = await self._core.identity.login(body.email, body.password, address)
        except UnauthorizedError:
            raise JobserverError(
                401, "INVALID_CREDENTIALS", "Email or password incorrect", title="Invalid credentials"
            ) from None
        user = login.principal
        return self._with_cookie(
            request,
            success(
                {
                    "token": login.token,
                    "user": {"id": user_text(user.user_id), "email": user.email, "role": user.role},
                    "expiresIn": span(self._settings.session_s),
                }
            ),
            login,
        )

    async def refresh(self, request: web.Request) -> web.StreamResponse:
        """``POST /api/auth/refresh``: also for a token that has expired, not for one that was logged out."""
        login = await self._core.identity.refresh(user_token(request))
        return self._with_cookie(request, success({"token": login.token}), login)

    async def logout(self, request: web.Request) -> web.StreamResponse:
        """``POST /api/auth/logout``: this session, and no other of the user."""
        await self._core.identity.logout(user_token(request))
        response = success({"message": "Logged out successfully"})
        response.del_cookie(COOKIE, path="/", httponly=True, samesite="Lax", secure=self._secure(request))
        return response

    def _with_cookie(self, request: web.Request, response: web.Response, login: Login) -> web.Response:
        response.set_cookie(
            COOKIE,
            login.token,
            path="/",
            max_age=int(self._settings.session_s),
            httponly=True,
            samesite="Lax",
            secure=self._secure(request),
        )
        return response

    def _secure(self, request: web.Request) -> bool:
        return scheme_of(request) == "https"


def scheme_of(request: web.Request) -> str:
    """``https`` also where a proxy in front of us ends TLS. Who lies about it harms only its own answer."""
    forwarded = request.headers.get("X-Forwarded-Proto", "").split(",")[0].strip().lower()
    return forwarded if forwarded in {"http", "https"} else request.scheme


def span(seconds: float) -> str:
    """``24h``, as in the text; what is no whole hour in minutes or seconds."""
    whole = int(seconds)
    if whole % 3600 == 0 and whole:
        return f"{whole // 3600}h"
    return f"{whole // 60}m" if whole % 60 == 0 and whole else f"{whole}s"
