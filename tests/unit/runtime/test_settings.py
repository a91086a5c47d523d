from __future__ import annotations

import pytest
from pydantic import Field, ValidationError

from headrace_runtime.settings import HealthSettings, LogSettings, NatsSettings, Settings, load


class Service(NatsSettings, HealthSettings, LogSettings):
    """A process's settings, as a service combines them."""

    lease_s: float = Field(gt=0)
    database_url: str


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("HEADRACE_"):
            monkeypatch.delenv(name)


def test_settings_come_from_prefixed_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADRACE_LEASE_S", "15")
    monkeypatch.setenv("HEADRACE_DATABASE_URL", "postgresql://db")
    monkeypatch.setenv("HEADRACE_NATS_URL", "nats://bus:4222")
    monkeypatch.setenv("HEADRACE_UNKNOWN", "ignored")
    settings = load(Service)
    assert (settings.lease_s, settings.nats_url, settings.health_port) == (15.0, "nats://bus:4222", 0)


def test_settings_are_frozen() -> None:
    settings = NatsSettings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.nats_url = "nats://elsewhere"  # type: ignore[misc] # what the test is about


def test_each_wrong_setting_is_one_line_and_the_exit_code_is_two(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HEADRACE_LEASE_S", "soon")
    monkeypatch.setenv("HEADRACE_HEALTH_PORT", "70000")
    with pytest.raises(SystemExit) as stopped:
        load(Service)
    assert stopped.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert sorted(line.partition(":")[0] for line in lines) == [
        "HEADRACE_DATABASE_URL",
        "HEADRACE_HEALTH_PORT",
        "HEADRACE_LEASE_S",
    ]
    assert not any("soon" in line for line in lines)


def test_two_logins_are_refused_without_showing_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HEADRACE_NATS_TOKEN", "hush-token")
    monkeypatch.setenv("HEADRACE_NATS_CREDS", "/run/bus.creds")
    with pytest.raises(SystemExit):
        load(NatsSettings)
    told = capsys.readouterr().err
    assert "HEADRACE_NATS_TOKEN and HEADRACE_NATS_CREDS are both set" in told
    assert "hush" not in told


def test_a_user_needs_a_password(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("HEADRACE_NATS_USER", "ann")
    with pytest.raises(SystemExit):
        load(NatsSettings)
    assert "HEADRACE_NATS_PASSWORD must be set together" in capsys.readouterr().err


def test_secrets_are_not_in_the_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADRACE_NATS_TOKEN", "hush-token")
    assert "hush" not in repr(NatsSettings())
    assert isinstance(NatsSettings(), Settings)
