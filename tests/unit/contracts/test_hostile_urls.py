"""One table of addresses for webhooks and for publications: neither takes any form of one inside the site."""

from __future__ import annotations

import pytest
from tests.support.hostile_urls import HOSTS, hostile_urls

from headrace_contracts.addresses import check_url
from headrace_contracts.destinations import check_target

#: What 127/8 and ::1 may be called where they are open: on a stack on one machine.
_LOOPBACK = {
    "127.0.0.1", "127.0.0.1.", "127.255.255.254", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "a.localhost",
    "ip6-localhost", "１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1", "ⓛocalhost", "loc\u00adalhost",
}  # fmt: skip


@pytest.mark.parametrize("url", hostile_urls(8080))
def test_refused_for_both(url: str) -> None:
    assert check_url(url, allow_http=True, allow_loopback=False) is not None
    assert check_target(url, allow_loopback=False) is not None


@pytest.mark.parametrize("host", sorted(set(HOSTS) - _LOOPBACK))
def test_opening_loopback_opens_nothing_else(host: str) -> None:
    assert check_url(f"https://{host}/", allow_http=True, allow_loopback=True) is not None


@pytest.mark.parametrize("host", sorted(_LOOPBACK))
def test_loopback_can_be_opened(host: str) -> None:
    assert check_url(f"https://{host}/", allow_http=True, allow_loopback=True) is None
