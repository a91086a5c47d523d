"""Credentials in headers and cookies, and where a request comes from."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from aiohttp import web

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def bearer(request: web.BaseRequest) -> str | None:
    """The token of ``Authorization: Bearer <token>``, None without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and token else None


def cookie(request: web.BaseRequest, name: str) -> str | None:
    """A cookie's value, None without one or with an empty one."""
    return request.cookies.get(name) or None


def client_address(request: web.BaseRequest, trusted: Sequence[Network]) -> str | None:
    """The client's network address: the peer's, or what proxies of the site say of it (``X-Forwarded-For``).

    The header is read from its end, as far as it was written by ``trusted`` proxies: what a client puts into it
    itself is never believed.
    """
    peer = request.remote
    hops = [hop.strip() for line in request.headers.getall("X-Forwarded-For", []) for hop in line.split(",")]
    while peer is not None and hops and _within(peer, trusted):
        hop = hops.pop()
        if _address(hop) is None:
            break
        peer = hop
    return peer


def _within(text: str, networks: Sequence[Network]) -> bool:
    address = _address(text)
    return address is not None and any(
        address.version == network.version and address in network for network in networks
    )


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
