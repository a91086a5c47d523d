"""Settings about callers that only make sense together."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from pydantic import ValidationError

from headrace_api.caller_settings import CallerSettings

ACCOUNT = "00000000-0000-7000-8000-000000000002"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CallerSettings.model_fields:
        monkeypatch.delenv(f"HEADRACE_{name}".upper(), raising=False)


def made(monkeypatch: pytest.MonkeyPatch, **values: Any) -> CallerSettings:
    for name, value in values.items():
        monkeypatch.setenv(f"HEADRACE_{name}".upper(), value)
    return CallerSettings()


def test_registration_is_opened_for_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="HEADRACE_OPEN_REGISTRATION_ACCOUNT"):
        made(monkeypatch, open_registration="true")
    settings = made(monkeypatch, open_registration="true", open_registration_account=ACCOUNT)
    assert str(settings.open_registration_account) == ACCOUNT


def test_a_short_site_key_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError) as refused:
        made(monkeypatch, secret_key="a short one")
    assert "a short one" not in str(refused.value)
    assert CallerSettings.model_fields["secret_key"].default is None


def test_a_site_key_is_kept_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = made(monkeypatch, secret_key="x" * 32)
    assert settings.site_key is not None
    assert "xxx" not in repr(settings)


def test_proxies_are_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = made(monkeypatch, trusted_proxies="10.0.0.0/8, fd00::/8,")
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    with pytest.raises(ValidationError):
        made(monkeypatch, trusted_proxies="everybody")
