"""The API's settings, all from ``HEADRACE_*``."""

from __future__ import annotations

from pydantic import Field, SecretStr

from headrace_api.caller_settings import CallerSettings
from headrace_runtime.settings import HealthSettings, LogSettings, NatsSettings

_MIB = 1024 * 1024


class ApiSettings(CallerSettings, NatsSettings, HealthSettings, LogSettings):
    """See docs/settings.md."""

    api_host: str = "127.0.0.1"
    #: 0 takes a free port.
    api_port: int = Field(default=8080, ge=0, le=65535)
    postgres_url: SecretStr
    postgres_pool_max: int = Field(default=8, ge=2, le=100)
    s3_endpoint_url: str
    s3_public_endpoint_url: str | None = None
    s3_access_key: str
    s3_secret_key: SecretStr
    s3_bucket: str = "headrace"
    s3_region: str = "us-east-1"

    #: A bearer token for agents that speak REST, beside those in the record.
    radiance_agent_token: SecretStr | None = None
    #: False: the client routes of radiance ask for one of ``radiance_client_key``.
    radiance_public: bool = True
    #: Keys of radiance clients, divided by commas.
    radiance_client_key: SecretStr | None = None
    #: Webhooks may go to this machine: for a stack on one machine only.
    allow_loopback_webhooks: bool = False
    #: The model ``noop`` may be submitted: for measurements.
    enable_noop: bool = False
    #: How long a claim over REST lasts without a sign of life, in seconds.
    rest_lease_s: float = Field(default=1800.0, ge=1)

    max_file_bytes: int = Field(default=50 * _MIB, ge=1)
    max_batch_bytes: int = Field(default=128 * _MIB, ge=1)
    max_result_json_bytes: int = Field(default=8 * _MIB, ge=1)
    #: Files that stream at once; each takes a part of 5 MiB in memory.
    upload_slots: int = Field(default=16, ge=1)
    #: Jobs that may wait for their INSERT; beyond it a submit gets 503.
    max_waiting_jobs: int = Field(default=20_000, ge=100)
    #: Longest silence of a client in the middle of its request, in seconds.
    body_timeout_s: float = Field(default=20.0, gt=0)
    #: Longest time for a whole request body, in seconds.
    body_total_s: float = Field(default=900.0, gt=0)
    #: How long a connection may be open without a whole request head, in seconds.
    head_timeout_s: float = Field(default=75.0, gt=0)
    #: The longest that a client may not take any bytes of a download, in seconds.
    write_timeout_s: float = Field(default=60.0, gt=0)
    #: How long the dispatcher may take for an answer, in seconds.
    dispatcher_timeout_s: float = Field(default=5.0, gt=0)
    #: How long requests under way may take once the process shall end, in seconds.
    drain_s: float = Field(default=20.0, ge=0)
    #: Time between «not ready» and the end of listening, for load balancers to notice, in seconds.
    drain_delay_s: float = Field(default=0.0, ge=0)
