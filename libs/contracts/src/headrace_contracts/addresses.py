"""Which addresses a webhook or publication may reach (DESIGN promise 8: none inside the site). Pure.

``check_url`` is asked when a URL is given to us and again before it is used; ``refusal`` at the moment of the
connection, on the address that the name resolved to, so that a name that changes its address gains nothing.

The tables follow the IANA special-purpose registries (RFC 6890 and later). They are written out because
``ipaddress.is_global`` differs between patch releases and calls multicast, 6to4 and site-local addresses global.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

MAX_URL_CHARS = 2048

_IPV4_DENIED: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(network), why)
    for network, why in (
        ("0.0.0.0/8", "«this network»"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        # Azure's platform service has a public address that only machines inside reach.
        ("168.63.129.16/32", "a cloud platform service"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved for protocols"),
        ("192.0.2.0/24", "for documentation"),
        ("192.88.99.0/24", "a 6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "for benchmarks"),
        ("198.51.100.0/24", "for documentation"),
        ("203.0.113.0/24", "for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)

#: Everything outside is unassigned, local, multicast or a way of writing another address.
_IPV6_GLOBAL_UNICAST = IPv6Network("2000::/3")
_IPV6_DENIED: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(network), why)
    for network, why in (
        ("::1/128", "loopback"),
        ("::/128", "unspecified"),
        ("::/96", "an IPv4-compatible address"),
        ("64:ff9b:1::/48", "local NAT64"),
        ("100::/64", "for discarding"),
        ("2001::/23", "reserved for protocols"),
        ("2001:db8::/32", "for documentation"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "for documentation"),
        ("5f00::/16", "for segment routing"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")

_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\\]")
_HOSTNAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_LOOPBACK_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")
#: Suffixes that never name a host of the public internet (RFC 6762, RFC 8375, ICANN's reserved .internal).
_INSIDE_SUFFIXES = (".local", ".localdomain", ".internal", ".intranet", ".lan", ".home.arpa", ".in-addr.arpa",
                    ".ip6.arpa", ".onion")  # fmt: skip


def refusal(ip: str | IPv4Address | IPv6Address, *, allow_loopback: bool) -> str | None:
    """Why ``ip`` may not be reached; None when it may.

    IPv4 addresses inside IPv6 ones (mapped, NAT64) are judged as what they are. ``allow_loopback`` opens 127/8
    and ::1 only: for a stack on one machine.
    """
    if isinstance(ip, str):
        try:
            return refusal(ip_address(ip), allow_loopback=allow_loopback)
        except ValueError:
            return f"{ip[:100]!r} is not an IP address"
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return refusal(ip.ipv4_mapped, allow_loopback=allow_loopback)
        if ip in _NAT64:
            # The translator is another machine: its loopback is never ours.
            return refusal(IPv4Address(int(ip) & 0xFFFF_FFFF), allow_loopback=False)
    if allow_loopback and ip.is_loopback:
        return None
    why = _denied(ip)
    return None if why is None else f"the address {ip} is {why}; it can't be reached from here"


def _denied(ip: IPv4Address | IPv6Address) -> str | None:
    if isinstance(ip, IPv4Address):
        return next((why for network, why in _IPV4_DENIED if ip in network), None)
    why = next((why for network, why in _IPV6_DENIED if ip in network), None)
    return why or (None if ip in _IPV6_GLOBAL_UNICAST else "not a public one")


def check_url(url: str, *, allow_http: bool, allow_loopback: bool) -> str | None:
    """What is wrong with ``url`` as the target of a webhook; None when it may be kept.

    A host name passes here and is judged by its address when the connection is made (``refusal``).
    """
    if len(url) > MAX_URL_CHARS:
        return f"the URL has {len(url)} characters; at most {MAX_URL_CHARS} are allowed"
    if _CONTROL.search(url):
        return "the URL holds a space, a backslash or a control character; percent-encode it"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return f"the URL can't be read: {error}"
    if parts.scheme not in ("http", "https"):
        return "the URL must begin with https://" + (" or http://" if allow_http else "")
    if parts.scheme == "http" and not allow_http:
        return "the URL must begin with https://; plain http is switched off here"
    if "@" in parts.netloc:
        return "the URL must not carry a user name or password"
    if port == 0 or parts.netloc.endswith(":"):
        return "the URL's port must be between 1 and 65535"
    return _check_host(parts, allow_loopback=allow_loopback)


def _check_host(parts: SplitResult, *, allow_loopback: bool) -> str | None:
    host = parts.hostname
    if not host:
        return "the URL has no host"
    if "[" in parts.netloc:
        return refusal(host, allow_loopback=allow_loopback)
    try:
        # Full-width digits and dots become plain ones, as the resolver would read them.
        host = host.encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError:
        return "the URL's host is not a valid name"
    if _NUMBER.fullmatch(host.rsplit(".", 1)[-1]):
        return _check_ipv4_literal(host, allow_loopback=allow_loopback)
    if len(host) > 253 or not _HOSTNAME.fullmatch(host):
        return "the URL's host is not a valid name"
    if host in _LOOPBACK_NAMES or host.endswith(".localhost"):
        return None if allow_loopback else f"{host} is this machine itself; it can't be reached from here"
    if "." not in host or host.endswith(_INSIDE_SUFFIXES):
        return f"{host} is a name inside the site; give a public host name"
    return None


def _check_ipv4_literal(host: str, *, allow_loopback: bool) -> str | None:
    """An IPv4 address in a form other than a.b.c.d (127.1, 0x7f.1, 017700000001) is read differently by
    different programs, so none of these is taken."""
    try:
        address = IPv4Address(host)
    except ValueError:
        return "the URL's host is an IP address in an unusual form; write it as four numbers, a.b.c.d"
    return refusal(address, allow_loopback=allow_loopback)
