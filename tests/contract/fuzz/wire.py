"""One request as it goes over the wire, and what is looked for in its answer."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

#: What an answer to a client never says.
LEAKS: Final = re.compile(
    rb"Traceback|File \"/|site-packages|asyncpg|aiohttp|aioboto|botocore|nats\.|pydantic|headrace_[a-z]|\.py\b|"
    rb"\b(?:SELECT .+ FROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b|"
    rb"<class |object at 0x|[A-Z][A-Za-z]+(?:Error|Exception)\b|errno"
)
#: Given before any route is found: for what is no HTTP, and for expectations that nobody knows.
_OF_HTTP: Final = frozenset({400, 417})
_TIMEOUT_S: Final = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Shot:
    """A request of which every part may be nasty. ``path`` is the router's, ``params`` fill it."""

    dialect: str
    method: str
    path: str
    params: Mapping[str, str]
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def target(self) -> str:
        filled = re.sub(r"{(\w+)(?::.*)?}", lambda found: quote(self._param(found[1]), safe=""), self.path)
        mount = "" if self.dialect == "native" else f"/{self.dialect}"
        query = urlencode([(_plain(name), _plain(value)) for name, value in self.query])
        return f"{mount}{filled}" + (f"?{query}" if query else "")

    def _param(self, name: str) -> str:
        return _plain(self.params.get(name, "x")) or "x"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def _plain(text: str) -> str:
    """A lone surrogate can't be sent in an address, and longer ones are refused for their length only."""
    return text.encode("utf-8", "replace").decode()[:2000]


def send(port: int, shot: Shot) -> Answer:
    """Send it on a connection of its own; of a stream only the head is read."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    try:
        connection.putrequest(shot.method, shot.target, skip_accept_encoding=True)
        for name, value in shot.headers.items():
            connection.putheader(name, re.sub(r"[\r\n\x00]", "", value).encode("utf-8", "replace")[:4000])
        connection.putheader("Content-Length", str(len(shot.body)))
        connection.endheaders()
        with contextlib.suppress(ConnectionError):  # it was refused before it was read
            connection.send(shot.body)
        answer = connection.getresponse()
        endless = answer.getheader("Content-Type", "").startswith("text/event-stream") or answer.status == 101
        return Answer(answer.status, dict(answer.getheaders()), b"" if endless else answer.read())
    finally:
        connection.close()


def check(shot: Shot, answer: Answer) -> None:
    """Never 500, in the dialect's own envelope, without a word of the inside."""
    told = f"{shot!r}\n{shot.body[:2000]!r}\n-> {answer.status} {answer.body[:500]!r}"
    assert answer.status < 500, told
    if answer.status < 400 or shot.method == "HEAD":
        return
    leak = LEAKS.search(answer.body)
    sent = shot.body + repr((shot.target, shot.headers)).encode()
    assert leak is None or leak[0] in sent, told
    if answer.status in _OF_HTTP and answer.headers["Content-Type"].startswith("text/plain"):
        return
    try:
        code, message = _ENVELOPE[shot.dialect](json.loads(answer.body))
    except (ValueError, LookupError, TypeError):
        raise AssertionError(told) from None
    assert code, told
    assert message, told
    if answer.status == 429:
        assert int(answer.headers["Retry-After"]) >= 1


def _error(body: Any) -> tuple[Any, Any]:
    assert set(body) == {"error"}, body
    return body["error"]["code"], body["error"]["message"]


def _radiance(body: Any) -> tuple[Any, Any]:
    assert body["success"] is False, body
    return body["error"]["code"], body["error"]["message"]


def _auralis(body: Any) -> tuple[Any, Any]:
    assert body["status"] == "error", body
    return body["detail"]["code"], body["message"]


def _jobserver(body: Any) -> tuple[Any, Any]:
    assert isinstance(body["error"], str), body
    return body["code"], body["message"]


_ENVELOPE: Final = {
    "native": _error, "auraflux": _error, "radiance": _radiance, "auralis": _auralis, "jobserver": _jobserver,
}  # fmt: skip
