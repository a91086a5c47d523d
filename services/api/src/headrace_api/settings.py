"""The API's settings, all from ``HEADRACE_*``."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from headrace_api.caller_settings import CallerSettings
from headrace_api.http.ports import parse_ports
from headrace_runtime.settings import HealthSettings, LogSettings, NatsSettings

_MIB = 1024 * 1024

#: All that can be served alone on a port.
DIALECTS = ("radiance", "auralis", "auraflux", "jobserver", "native")


class ApiSettings(CallerSettings, NatsSettings, HealthSettings, LogSettings):
    """See docs/settings.md."""

    api_host: str = "127.0.0.1"
    #: 0 takes a free port.
    api_port: int = Field(default=8080, ge=0, le=65535)
    #: Dialects that are also served alone: ``jobserver=3000,radiance=8081``.
    dialect_ports: str = ""
    postgres_url: SecretStr
    postgres_pool_max: int = Field(default=8, ge=2, le=100)
    #: How long a request waits for a free connection to Postgres, in seconds; then it gets 503.
    postgres_wait_s: float = Field(default=3.0, gt=0)
    #: How long one statement may take, in seconds; then its request gets 503.
    postgres_statement_s: float = Field(default=5.0, gt=0)
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
    #: A video that auraflux takes.
    max_video_bytes: int = Field(default=500 * _MIB, ge=1)
    #: Requests of an auraflux key in a minute, unless the key has a limit of its own.
    auraflux_per_minute: int = Field(default=300, ge=1)
    #: A project's archive, as it is sent.
    max_project_bytes: int = Field(default=500 * _MIB, ge=1)
    #: The same unpacked.
    max_project_unpacked_bytes: int = Field(default=4096 * _MIB, ge=1)
    #: Unpacked size over the archive's own, of archives that unpack to more than 64 MiB.
    max_project_ratio: float = Field(default=100.0, ge=1)
    #: Files and folders in an archive.
    max_project_entries: int = Field(default=50_000, ge=1)
    #: Archives in hand at once; each lies in ``project_dir`` until it is checked and stored.
    project_slots: int = Field(default=8, ge=1)
    #: None = the system's folder for temporary files.
    project_dir: Path | None = None
    #: What a worker hands in as the output of a project.
    max_output_file_bytes: int = Field(default=2048 * _MIB, ge=1)
    #: How long a presigned URL of a download is good, in seconds; S3 takes up to a week.
    download_url_s: int = Field(default=3600, ge=1, le=604_800)
    #: Files that stream at once; each takes a part of 5 MiB in memory.
    upload_slots: int = Field(default=16, ge=1)
    #: Jobs that may wait for their INSERT; beyond it a submit gets 503.
    max_waiting_jobs: int = Field(default=20_000, ge=100)
    #: Requests under way at once; beyond it 503.
    max_requests: int = Field(default=2048, ge=4)
    #: Downloads, streams of events and sockets at once, which don't count as requests; beyond it 503.
    max_streams: int = Field(default=1024, ge=1)
    #: Connections to a port at once; beyond it those that are idle give way.
    max_connections: int = Field(default=4096, ge=16)
    #: Bytes of request bodies in memory at once; beyond it 503.
    max_bodies_bytes: int = Field(default=256 * _MIB, ge=1)
    #: Bytes of request bodies in temporary files at once; beyond it 503.
    max_spooled_bytes: int = Field(default=2048 * _MIB, ge=1)
    #: Longest silence of a client in the middle of its request, in seconds.
    body_timeout_s: float = Field(default=20.0, gt=0)
    #: Slowest rate of a request body, once that time is used up.
    body_min_bytes_per_s: int = Field(default=1024, ge=1)
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

    @field_validator("dialect_ports")
    @classmethod
    def _usable_ports(cls, value: str) -> str:
        parse_ports(value, DIALECTS)
        return value

    @property
    def ports(self) -> dict[str, int]:
        """``dialect_ports``, by the dialect's name."""
        return parse_ports(self.dialect_ports, DIALECTS)
