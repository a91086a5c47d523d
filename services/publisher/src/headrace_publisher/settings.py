"""Settings of the publisher: ``HEADRACE_*``."""

from __future__ import annotations

from pydantic import Field, SecretStr

from headrace_runtime.settings import HealthSettings, LogSettings, NatsSettings


class PublisherSettings(NatsSettings, HealthSettings, LogSettings):
    """Where results are exported to. Times in seconds, sizes in bytes."""

    #: postgresql://user:password@host:port/database
    postgres_url: SecretStr
    postgres_pool_max: int = Field(default=4, ge=2, le=100)
    s3_endpoint_url: str
    s3_access_key: str
    s3_secret_key: SecretStr
    s3_bucket: str = "headrace"
    s3_region: str = "us-east-1"
    #: Copies of each stream on a NATS cluster; the same in all services.
    stream_replicas: int = Field(default=1, ge=1, le=5)
    #: Exports under way at a time; each holds its document in memory.
    export_concurrency: int = Field(default=16, ge=1, le=256)
    #: The largest JSON result that is put into a result.json.
    export_most_bytes: int = Field(default=32 * 1024 * 1024, ge=64 * 1024)
    export_relay_every_s: float = Field(default=1.0, gt=0, le=10)
    #: An export whose message was lost is relayed again after this long.
    export_relay_grace_s: float = Field(default=30.0, gt=0, le=3600)
    #: How long exports under way may take after a stop was asked for; then they are handed over.
    #: Keep it below the time that whoever stops the process leaves it (5 s in the embedded stack).
    export_drain_s: float = Field(default=3.0, ge=0, le=60)
