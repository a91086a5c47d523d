"""``HEADRACE_DIALECT_PORTS``."""

from __future__ import annotations

import pytest

from headrace_api.http.ports import parse_ports
from headrace_api.settings import DIALECTS, ApiSettings
from headrace_runtime.settings import load

_NAMES = ("radiance", "jobserver")


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("", {}),
        ("jobserver=3000,radiance=8081", {"jobserver": 3000, "radiance": 8081}),
        (" radiance = 8081 , ", {"radiance": 8081}),
        ("radiance=0,jobserver=0", {"radiance": 0, "jobserver": 0}),
    ],
)
def test_ports(text: str, ports: dict[str, int]) -> None:
    assert parse_ports(text, _NAMES) == ports


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("radiance", "dialect=port"),
        ("radiance:80", "dialect=port"),
        ("=80", "no dialect ''"),
        ("other=80", "no dialect 'other'; there are radiance, jobserver"),
        ("radiance=", "a number from 0 to 65535"),
        ("radiance=65536", "a number from 0 to 65535"),
        ("radiance=99999999999", "a number from 0 to 65535"),
        ("radiance=-1", "a number from 0 to 65535"),
        ("radiance=²", "a number from 0 to 65535"),
        ("radiance=1,radiance=2", "radiance stands twice"),
        ("radiance=80,jobserver=80", "port 80 stands twice"),
    ],
)
def test_what_can_not_be_meant(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_ports(text, _NAMES)


def test_a_bad_value_is_told_at_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {
        "POSTGRES_URL": "postgresql://x",
        "S3_ENDPOINT_URL": "http://x",
        "S3_ACCESS_KEY": "a",
        "S3_SECRET_KEY": "b",
        "DIALECT_PORTS": "jobsever=3000",
    }.items():
        monkeypatch.setenv(f"HEADRACE_{name}", value)
    with pytest.raises(SystemExit):
        load(ApiSettings)
    told = capsys.readouterr().err
    assert told.startswith("HEADRACE_DIALECT_PORTS: there is no dialect 'jobsever'")
    assert all(name in told for name in DIALECTS)
