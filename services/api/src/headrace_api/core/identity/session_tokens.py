"""Tokens of logins: JWT (RFC 7519), HS256. The token names its session; whether that lives is the record's to say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt

from headrace_api.core.errors import UnauthorizedError
from headrace_contracts.ids import parse_id

_ALGORITHM = "HS256"
_ISSUER = "headrace"
_REQUIRED = ["sub", "sid", "exp", "iss"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionToken:
    user_id: UUID
    session_id: UUID
    expires_at: datetime


class SessionTokens:
    """Writes and reads them with one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def write(self, token: SessionToken) -> str:
        claims = {
            "iss": _ISSUER,
            "sub": str(token.user_id),
            "sid": str(token.session_id),
            "iat": datetime.now(UTC),
            "exp": token.expires_at,
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def read(self, text: str, *, grace: timedelta = timedelta(0)) -> SessionToken:
        """Raises UnauthorizedError unless we wrote it and it expired less than ``grace`` ago.

        The algorithm is fixed: a token that names ``none`` or another one is refused, whatever it is signed with.
        """
        try:
            claims = jwt.decode(
                text,
                self._key,
                algorithms=[_ALGORITHM],
                issuer=_ISSUER,
                leeway=grace,
                # Replicas' clocks differ: a token that another one wrote just now is no forgery.
                options={"require": _REQUIRED, "verify_iat": False},
            )
        except (jwt.InvalidTokenError, ValueError):  # ValueError: text that is no UTF-8
            raise UnauthorizedError("Invalid or expired token") from None
        user_id, session_id = parse_id(str(claims["sub"])), parse_id(str(claims["sid"]))
        if user_id is None or session_id is None:
            raise UnauthorizedError("Invalid or expired token")
        return SessionToken(
            user_id=user_id, session_id=session_id, expires_at=datetime.fromtimestamp(claims["exp"], UTC)
        )
