"""The address guard at the moment of the connection.

aiohttp asks the socket factory for every connection that it makes: to a host name, to an address written in the
URL, and to whatever a name resolved to this time. A resolver of our own would not see addresses in URLs.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable

import aiohttp
from aiohttp.abc import AbstractResolver

from headrace_contracts.addresses import refusal

SocketFactory = Callable[[aiohttp.AddrInfoType], socket.socket]


class RefusedAddressError(OSError):
    """The name led to an address that may not be reached."""

    #: Begins every message: several tried addresses arrive as one error with their texts joined.
    MARK = "refused by the address guard"

    def __init__(self, reason: str) -> None:
        # With a number beside it the text is the strerror, which aiohttp shows in its own error.
        super().__init__(errno.EACCES, f"{self.MARK}: {reason}")


def guarded_socket(*, allow_loopback: bool) -> SocketFactory:
    """A socket factory that makes no socket towards an address inside the site."""

    def make(address: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, target = address
        reason = refusal(str(target[0]), allow_loopback=allow_loopback)
        if reason is not None:
            raise RefusedAddressError(reason)
        made = socket.socket(family=family, type=kind, proto=protocol)
        made.setblocking(False)
        return made

    return make


def open_session(
    *, allow_loopback: bool, timeout: aiohttp.ClientTimeout, resolver: AbstractResolver | None = None
) -> aiohttp.ClientSession:
    """A client that reaches public addresses only, keeps no cookies and takes no proxy from the environment.

    Answers stay compressed: what is read of them is bounded in bytes as they come. Close it at the end.
    """
    connector = aiohttp.TCPConnector(
        limit=0,  # what is under way is bounded before
        resolver=resolver,
        ttl_dns_cache=10,
        # Shorter than any server keeps an idle connection: a POST on one that the other side has just closed
        # would count as a failed attempt.
        keepalive_timeout=1.0,
        socket_factory=guarded_socket(allow_loopback=allow_loopback),
    )
    return aiohttp.ClientSession(
        connector=connector,
        timeout=timeout,
        trust_env=False,
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("Accept-Encoding",),
    )


def refused(error: BaseException) -> bool:
    """Whether ``error``, or one of those joined in it, came from the guard."""
    return RefusedAddressError.MARK in str(error)
