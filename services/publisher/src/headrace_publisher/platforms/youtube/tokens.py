"""Access tokens from a refresh token (RFC 6749 section 6), kept in memory while they hold."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID

from headrace_contracts.destinations import YouTubeConfig, YouTubeSecret
from headrace_publisher.platforms.platform import Failed, StepEnd
from headrace_publisher.web.answer import judge
from headrace_publisher.web.calls import Calls

#: A token is not used in its last seconds.
_MARGIN_S = 60.0
_WHAT = "ask for an access token"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Token:
    text: str = field(repr=False)
    ends_at: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Tokens:
    """One token a destination. ``clock``: seconds that only go forward."""

    calls: Calls
    clock: Callable[[], float] = time.monotonic
    _kept: dict[UUID, _Token] = field(default_factory=dict, repr=False)

    async def get(self, destination_id: UUID, config: YouTubeConfig, secret: YouTubeSecret) -> str:
        """Raises StepEnd when the platform gives none."""
        kept = self._kept.get(destination_id)
        if kept is not None and kept.ends_at > self.clock():
            return kept.text
        form = {
            "grant_type": "refresh_token",
            "client_id": secret.client_id.get_secret_value(),
            "client_secret": secret.client_secret.get_secret_value(),
            "refresh_token": secret.refresh_token.get_secret_value(),
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        answer = await self.calls.call(
            _WHAT, "POST", config.token_url, headers=headers, body=urlencode(form).encode()
        )
        found = answer.json()
        if answer.status in {400, 401}:
            # RFC 6749 section 5.2: invalid_grant, invalid_client, ...
            reason = f"{_WHAT}: the platform refused the credentials ({found.get('error', answer.status)})"
            raise StepEnd(Failed(reason=reason, permanent=True))
        token, lasts_s = found.get("access_token"), found.get("expires_in", 3600)
        if not answer.ok:
            raise StepEnd(judge(_WHAT, answer, now=datetime.now(UTC)))
        if not isinstance(token, str) or not token or not isinstance(lasts_s, int | float):
            raise StepEnd(Failed(reason=f"{_WHAT}: the answer has none", permanent=False))
        self._kept[destination_id] = _Token(text=token, ends_at=self.clock() + lasts_s - _MARGIN_S)
        return token

    def forget(self, destination_id: UUID) -> None:
        """The platform does not take it any more."""
        self._kept.pop(destination_id, None)
