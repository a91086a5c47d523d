"""The agent's settings: ``HEADRACE_AGENT_*`` and those that all processes share."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from headrace_contracts.jobs.lane import PLATFORMS
from headrace_runtime.settings import HealthSettings, LogSettings, NatsSettings

_NAME: Final = re.compile(r"[^\x00-\x1f\x7f]{1,200}")


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0))


class AgentSettings(NatsSettings, HealthSettings, LogSettings):
    """All that a ``headrace-agent`` process reads from its environment. Flags of the command win."""

    #: The name that people see; the host's name when absent.
    agent_id: str | None = None
    #: How many jobs run at the same time; as many as there are cores when absent.
    agent_slots: int = Field(default_factory=_usable_cores, ge=1, le=4096)
    agent_transport: Literal["jetstream", "rest"] = "jetstream"
    #: ``linux-amd64`` or ``linux-arm64``; found out when absent.
    agent_platform: str | None = None
    #: Models to serve, divided by commas; all that are installed when empty.
    agent_models: Annotated[tuple[str, ...], NoDecode] = ()
    #: Inputs and outputs of running jobs lie here.
    agent_work_dir: Path = Field(default_factory=lambda: Path(tempfile.gettempdir()) / "headrace-agent")
    #: How long a drain may take before running jobs are handed back, in seconds.
    agent_drain_timeout_s: float = Field(default=300.0, gt=0)
    #: A worker process is replaced after this many jobs ...
    agent_worker_jobs: int = Field(default=200, ge=1)
    #: ... or when it keeps more than this between two jobs, in MiB.
    agent_worker_rss_mb: int = Field(default=4096, ge=64)
    #: The module that offers the handlers, with ``installed()`` and ``missing()``.
    agent_handlers: str = "headrace_agent.handlers.registry"
    #: Serve ``noop``, for measurements.
    enable_noop: bool = False
    #: REST only: the origin of the radiance dialect, for example ``http://127.0.0.1:8080/radiance``.
    agent_api_url: str = "http://127.0.0.1:8080/radiance"
    agent_token: SecretStr | None = None
    #: REST only: how often to ask for a job while there is none, in seconds.
    agent_poll_s: float = Field(default=1.0, gt=0, le=3600)

    @field_validator("agent_models", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value

    @field_validator("agent_platform")
    @classmethod
    def _known_platform(cls, value: str | None) -> str | None:
        if value is not None and value not in PLATFORMS:
            raise ValueError(f"must be one of {', '.join(PLATFORMS)}")
        return value

    @field_validator("agent_id")
    @classmethod
    def _printable(cls, value: str | None) -> str | None:
        if value is not None and not _NAME.fullmatch(value):
            raise ValueError("must be 1 to 200 printable characters")
        return value

    @field_validator("agent_api_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")
