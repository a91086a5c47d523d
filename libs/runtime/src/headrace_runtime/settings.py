"""Settings from ``HEADRACE_*`` environment variables: frozen, checked once, told plainly when wrong."""

from __future__ import annotations

import sys
from typing import Literal, Self, TypeVar

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "HEADRACE_"
EXIT_CODE = 2


class Settings(BaseSettings):
    """Base of every settings class. A process combines the groups that it needs by inheriting them."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_prefix=PREFIX, hide_input_in_errors=True
    )


class NatsSettings(Settings):
    """How to reach NATS. At most one way to log in."""

    #: One URL, or several divided by commas.
    nats_url: str = Field(default="nats://127.0.0.1:4222", min_length=1)
    nats_user: str | None = None
    nats_password: SecretStr | None = None
    nats_token: SecretStr | None = None
    #: Path of a ``.creds`` file.
    nats_creds: SecretStr | None = None
    #: What may wait in memory while the connection is down; beyond it a publish fails at once.
    nats_pending_bytes: int = Field(default=8 * 1024 * 1024, ge=64 * 1024)

    @model_validator(mode="after")
    def _one_login(self) -> Self:
        ways = [name for name in ("nats_user", "nats_token", "nats_creds") if getattr(self, name) is not None]
        if len(ways) > 1:
            names = " and ".join(variable(name) for name in ways)
            raise ValueError(f"{names} are both set; keep one way to log in")
        if (self.nats_user is None) != (self.nats_password is None):
            raise ValueError(f"{variable('nats_user')} and {variable('nats_password')} must be set together")
        return self


class HealthSettings(Settings):
    """Where ``/livez`` and ``/readyz`` are served; port 0 takes a free one."""

    health_host: str = "127.0.0.1"
    health_port: int = Field(default=0, ge=0, le=65535)


class LogSettings(Settings):
    """How a process writes its log, on standard error."""

    log_format: Literal["console", "json"] = "console"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


S = TypeVar("S", bound=BaseSettings)


def variable(field: str) -> str:
    """The environment variable of a setting."""
    return f"{PREFIX}{field}".upper()


def explain(error: ValidationError) -> list[str]:
    """One line for each setting that is wrong: the variable, and what is wrong. Never the value."""
    lines = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        location = [str(part) for part in problem["loc"]]
        text = problem["msg"].removeprefix("Value error, ")
        if not location:
            lines.append(text)
        else:
            name = location[0] if location[0].upper().startswith(PREFIX) else variable(location[0])
            inside = "".join(f"[{part}]" for part in location[1:])
            lines.append(f"{name.upper()}{inside}: {text}")
    return lines


def load(cls: type[S]) -> S:
    """Read the settings from the environment, or say what is wrong and end the process with exit code 2.

    Raises:
        SystemExit: a setting is missing or wrong; each was named on standard error.
    """
    try:
        return cls()
    except ValidationError as error:
        for line in explain(error):
            sys.stderr.write(f"{line}\n")
        raise SystemExit(EXIT_CODE) from None
