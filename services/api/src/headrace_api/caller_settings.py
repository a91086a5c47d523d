"""Settings about who may call, and how often."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from headrace_runtime.settings import Settings
from headrace_store.sealed import MIN_SECRET_CHARS, SiteKey


class CallerSettings(Settings):
    """See docs/settings.md."""

    #: Logins are signed and small secrets of the record encrypted with keys made from it.
    secret_key: SecretStr | None = Field(default=None, min_length=MIN_SECRET_CHARS)
    #: How long a login lasts, in seconds.
    session_s: float = Field(default=86_400.0, ge=1)
    #: Multiplies every documented rate limit.
    rate_limit_factor: float = Field(default=1.0, gt=0)
    #: Wrong keys and tokens that are answered as such, for each network address; further ones get 429.
    wrong_credentials_per_minute: int = Field(default=60, ge=1)
    #: How often a worker of the jobserver dialect is to check in, in seconds; silent for three, it is offline.
    worker_check_in_s: float = Field(default=30.0, gt=0)
    #: Workers of the jobserver dialect may register without credentials.
    open_registration: bool = False
    #: The account that they then belong to.
    open_registration_account: UUID | None = None
    #: Networks of proxies whose ``X-Forwarded-For`` is believed.
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _divided_by_commas(cls, value: Any) -> Any:
        return (
            [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        )

    @model_validator(mode="after")
    def _whose_registration(self) -> Self:
        if self.open_registration and self.open_registration_account is None:
            raise ValueError(
                "HEADRACE_OPEN_REGISTRATION needs HEADRACE_OPEN_REGISTRATION_ACCOUNT, the id of the account that "
                "such workers belong to (see `headrace accounts list`)"
            )
        return self

    @property
    def site_key(self) -> SiteKey | None:
        return None if self.secret_key is None else SiteKey(self.secret_key.get_secret_value())
