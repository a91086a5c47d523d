"""Where the API is and what opens it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import httpx

from headrace.client.errors import ConfigurationError

URL_VARIABLE = "HEADRACE_API_URL"
KEY_VARIABLE = "HEADRACE_API_KEY"


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    url: str
    key: str = field(repr=False)

    @classmethod
    def of(cls, url: str | None, key: str | None) -> Access:
        """What is given, else what the environment says. Raises ConfigurationError."""
        url = url or os.environ.get(URL_VARIABLE)
        key = key or os.environ.get(KEY_VARIABLE)
        if not url:
            raise ConfigurationError(
                f"no address: give url=..., or set {URL_VARIABLE} (http://127.0.0.1:8080)"
            )
        if not key:
            raise ConfigurationError(f"no key: give key=..., or set {KEY_VARIABLE} (hr_live_...)")
        if not url.startswith(("http://", "https://")):
            raise ConfigurationError(f"the address {url!r} must begin with http:// or https://")
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise ConfigurationError("the key must be the one line hr_live_..., without spaces around it")
        return cls(url=url.rstrip("/"), key=key)


def client_options(access: Access, timeout_s: float) -> dict[str, Any]:
    """What both of httpx's clients are made with."""
    return {
        "base_url": access.url,
        "headers": {
            "Authorization": f"Bearer {access.key}",
            "User-Agent": f"headrace-python/{version('headrace')}",
        },
        "timeout": httpx.Timeout(timeout_s, connect=10.0),
    }
