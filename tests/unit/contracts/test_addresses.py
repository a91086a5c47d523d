"""The rule that keeps webhooks out of the site, as tables."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest

from headrace_contracts.addresses import MAX_URL_CHARS, check_url, refusal

BAD = [
    "0.0.0.0",  # noqa: S104 -- a case of the table, nothing binds to it
    "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.1.2.3",
    "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1",
    "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255",
    "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
    "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1",
    "2002:7f00:1::", "2002:808:808::", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1",
    "ff02::1", "4000::1", "1::1",
]  # fmt: skip
GOOD = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "172.15.255.255",
    "172.32.0.1", "192.0.1.1", "198.17.255.255", "198.20.0.1", "223.255.255.255", "2606:4700:4700::1111",
    "2a00:1450:4001:82a::200e", "::ffff:8.8.8.8", "64:ff9b::808:808",
]  # fmt: skip


@pytest.mark.parametrize("ip", BAD)
def test_addresses_inside_are_refused(ip: str) -> None:
    reason = refusal(ip, allow_loopback=False)
    assert reason is not None
    assert "can't be reached" in reason


@pytest.mark.parametrize("ip", GOOD)
def test_public_addresses_pass(ip: str) -> None:
    assert refusal(ip, allow_loopback=False) is None


@pytest.mark.parametrize("ip", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_loopback_can_be_opened(ip: str) -> None:
    assert refusal(ip, allow_loopback=True) is None


LOOPBACK = {"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"}


@pytest.mark.parametrize("ip", sorted(set(BAD) - LOOPBACK))
def test_opening_loopback_opens_nothing_else(ip: str) -> None:
    assert refusal(ip, allow_loopback=True) is not None


def test_parsed_addresses_and_nonsense() -> None:
    assert refusal(IPv4Address("8.8.8.8"), allow_loopback=False) is None
    assert refusal(IPv6Address("fe80::1"), allow_loopback=False) is not None
    assert refusal("fe80::1%eth0", allow_loopback=False) is not None
    assert "not an IP address" in (refusal("example.com", allow_loopback=False) or "")


GOOD_URLS = [
    "https://example.com/hook", "http://example.com", "https://example.com:8443/a?b=c#d", "https://example.com./x",
    "HTTPS://Example.COM/", "https://8.8.8.8/x", "https://[2606:4700:4700::1111]:443/", "https://bücher.example/h",
    "https://a_b.example.org/", "https://xn--bcher-kva.example/",
]  # fmt: skip
BAD_URLS = {
    "": "https://",
    "example.com/hook": "https://",
    "ftp://example.com/": "https://",
    "file:///etc/passwd": "https://",
    "javascript:alert(1)": "https://",
    "https://": "no host",
    "https:///x": "no host",
    "https://:443/": "no host",
    "https://user@example.com/": "user name",
    "https://user:pw@example.com/": "user name",
    "https://example.com@127.0.0.1/": "user name",
    "https://example.com:0/": "port",
    "https://example.com:/": "port",
    "https://example.com:70000/": "read",
    "https://example.com:http/": "read",
    "https://exa mple.com/": "space",
    "https://example.com/a\r\nX-Evil: 1": "space",
    "https://example.com/\x00": "space",
    "https://example.com\\@127.0.0.1/": "backslash",
    "https://[::1/": "read",
    "https://[::1]/": "loopback",
    "https://[::ffff:10.0.0.1]/": "private",
    "https://[fe80::1%25eth0]/": "link-local",
    "https://127.0.0.1:8080/": "loopback",
    "https://127.0.0.1./": "loopback",
    "https://169.254.169.254/latest/meta-data/": "link-local",
    "https://2130706433/": "unusual form",
    "https://127.1/": "unusual form",
    "https://0x7f.1/": "unusual form",
    "https://0x7f000001/": "unusual form",
    "https://017700000001/": "unusual form",
    "https://0177.0.0.1/": "unusual form",
    "https://1.2.3.4.5/": "unusual form",
    "https://１２７.0.0.1/": "loopback",
    "https://127。0。0。1/": "loopback",
    "https://localhost/": "itself",
    "https://LOCALHOST./": "itself",
    "https://a.localhost:99/": "itself",
    "https://postgres/": "inside the site",
    "https://metadata.google.internal/": "inside the site",
    "https://printer.local/": "inside the site",
    "https://%31%32%37.0.0.1%2f.example.com/": "valid name",
    "https://-bad.example.com/": "valid name",
    "https://a..example.com/": "valid name",
    "https://" + "a" * 64 + ".example.com/": "valid name",
    "https://example.com/" + "a" * MAX_URL_CHARS: "characters",
}


@pytest.mark.parametrize("url", GOOD_URLS)
def test_urls_that_pass(url: str) -> None:
    assert check_url(url, allow_http=True, allow_loopback=False) is None


@pytest.mark.parametrize(("url", "words"), BAD_URLS.items())
def test_urls_that_do_not(url: str, words: str) -> None:
    assert words in (check_url(url, allow_http=True, allow_loopback=False) or "")


def test_plain_http_can_be_switched_off() -> None:
    assert check_url("https://example.com/", allow_http=False, allow_loopback=False) is None
    assert "switched off" in (check_url("http://example.com/", allow_http=False, allow_loopback=False) or "")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:99/x", "http://localhost/", "http://[::1]:8/", "http://a.localhost/"]
)
def test_urls_to_loopback_when_it_is_open(url: str) -> None:
    assert check_url(url, allow_http=True, allow_loopback=True) is None


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "http://0x7f.1/", "http://postgres/", "http://169.254.169.254/"]
)
def test_the_rest_stays_shut(url: str) -> None:
    assert check_url(url, allow_http=True, allow_loopback=True) is not None
