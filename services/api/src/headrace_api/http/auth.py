"""Credentials in headers."""

from __future__ import annotations

from aiohttp import web


def bearer(request: web.Request) -> str | None:
    """The token of ``Authorization: Bearer <token>``, None without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and token else None
