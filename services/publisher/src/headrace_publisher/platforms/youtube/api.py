"""Calls to YouTube with an access token, which is asked for again once when it is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from headrace_contracts.destinations import YouTubeConfig, YouTubeSecret
from headrace_publisher.platforms.platform import Outcome, Publication
from headrace_publisher.platforms.youtube.answers import judge_youtube
from headrace_publisher.platforms.youtube.tokens import Tokens
from headrace_publisher.web.answer import Answer
from headrace_publisher.web.calls import Calls
from headrace_publisher.web.feed import Feed

Body = Callable[[], bytes | Feed | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Api:
    """The channel of one destination."""

    calls: Calls
    tokens: Tokens
    publication: Publication

    @property
    def config(self) -> YouTubeConfig:
        config = self.publication.destination.config
        assert isinstance(config, YouTubeConfig)  # noqa: S101 - the registry pairs platforms with their models
        return config

    async def call(
        self,
        what: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
    ) -> Answer:
        """Any answer. ``body`` is made anew for a second try. Raises StepEnd when there is none."""
        answer = await self._once(what, method, url, headers or {}, body)
        if answer.status == 401:
            self.tokens.forget(self.publication.destination_id)
            answer = await self._once(what, method, url, headers or {}, body)
        return answer

    async def _once(
        self, what: str, method: str, url: str, headers: Mapping[str, str], body: Body | None
    ) -> Answer:
        sent = dict(headers)
        if _origin(url) == _origin(self.config.base_url):
            # An upload may lie on another host: its address is a capability, and the token stays at home.
            sent["Authorization"] = f"Bearer {await self._token()}"
        return await self.calls.call(what, method, url, headers=sent, body=body() if body else None)

    async def _token(self) -> str:
        secret = self.publication.destination.secret
        assert isinstance(secret, YouTubeSecret)  # noqa: S101 - the registry pairs platforms with their models
        token = await self.tokens.get(self.publication.destination_id, self.config, secret)
        self.publication.hide(token)
        return token

    def judge(self, what: str, answer: Answer) -> Outcome:
        return judge_youtube(what, answer, now=datetime.now(UTC))


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
