"""Every way known to us of writing an address inside the site, for all who take URLs from clients."""

from __future__ import annotations

#: Hosts that are this machine, or lead inside, by themselves.
HOSTS = (
    "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.0.0.1",
    "0x7F.1", "017700000001", "0177.0.0.1", "0177.1", "00000177.0.0.1", "0", "0.0.0.0",  # noqa: S104 - a case, nothing binds to it
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fe80::1]",
    "[fe80::1%25lo]", "[fec0::1]", "[fd00:ec2::254]", "[ff02::1]", "[5f00::1]", "[3fff::1]", "[2001:db8::1]",
    "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "0xa9fea9fe", "2852039166", "100.64.0.1",
    "100.100.100.200", "192.0.0.192", "168.63.129.16", "192.88.99.1", "198.18.0.1", "224.0.0.1", "255.255.255.255",
    "localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "a.localhost", "ip6-localhost",
    "postgres", "metadata", "metadata.google.internal", "nats.headrace.svc.cluster.local", "printer.lan",
    "１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1", "ⓛocalhost", "loc\u00adalhost",
)  # fmt: skip


def hostile_urls(port: int) -> list[str]:
    """URLs that nobody may be sent to, on ``port`` where they have one."""
    # Not plain http, which destinations don't take anyway: it shall be the address that is wrong.
    plain = [f"https://{host}:{port}/x" for host in HOSTS]
    at = f"127.0.0.1:{port}"
    return [
        *plain, f"http://127.0.0.1:{port}/x", "https://127.0.0.1/x",
        # Who the host is depends on who reads it.
        f"https://example.com@{at}/", f"https://example.com:80@{at}/", f"https://{at}@example.com/",
        f"https://example.com\\@{at}/", f"https://{at}\\@example.com/", f"https://{at}#@example.com/",
        f"https://{at}?@example.com/", f"https:{at}/", f"https:/{at}/", f"https:///{at}/", f"//{at}/", f"{at}/",
        f"https://exa\tmple.com@{at}/", f"https://{at} .example.com/", f"https://127.0.0.1%00.example.com:{port}/",
        f"https://127.0.0.1%2f@example.com:{port}/", f"https://[{at}]/", f"https://[::1/:{port}", "https://:80/",
        f"https://127.0.0.1:{port}\r\nX-Evil: 1/", "https://example.com:0/", "https://example.com:99999/",
        # No HTTP at all.
        "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:6379/_INFO", "dict://127.0.0.1:11211/stat",
        "javascript:alert(1)", "data:text/plain,x", "unix:///run/postgres", "ws://127.0.0.1/", "ldap://127.0.0.1/",
    ]  # fmt: skip
