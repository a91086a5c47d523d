"""Settings of the publisher: ``HEADRACE_*``."""

from __future__ import annotations

from pydantic import Field, SecretStr, field_validator

from headrace_publisher.platforms.youtube.upload import UNIT_BYTES
from headrace_runtime.settings import HealthSettings, LogSettings, NatsSettings
from headrace_store.sealed import SiteKey


class PublisherSettings(NatsSettings, HealthSettings, LogSettings):
    """Where results are exported and published to. Times in seconds, sizes in bytes."""

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
    #: How long exports and publications under way may take after a stop was asked for; then they are handed over.
    #: Keep it below the time that whoever stops the process leaves it (5 s in the embedded stack).
    export_drain_s: float = Field(default=3.0, ge=0, le=60)
    #: The site's key, the same as the API's: destinations' credentials are sealed with it. Without it publications
    #: wait.
    secret_key: SecretStr | None = None
    #: For a stack on one machine only: destinations on 127/8 and ::1 may be reached, without TLS too.
    allow_loopback_webhooks: bool = False
    #: Publications under way at a time to one platform; half of them to one destination.
    publish_concurrency: int = Field(default=4, ge=1, le=64)
    #: Attempts in a row that may bring nothing forward; then a publication has failed.
    publish_attempts: int = Field(default=8, ge=1, le=20)
    #: The pause after the first failed attempt; each one after it is four times as long, up to two hours.
    publish_retry_s: float = Field(default=5.0, gt=0, le=600)
    #: From its first attempt to giving a publication up, waiting for quotas included.
    publish_patience_s: float = Field(default=259200.0, ge=1)
    #: A publisher that was silent for longer has lost what it worked on. Renewed three times as often; not longer than
    #: the ack wait of the messages.
    publish_lease_s: float = Field(default=30.0, ge=0.5, le=30)
    #: Bytes of one request of a resumable upload; a multiple of 262144.
    publish_chunk_bytes: int = Field(default=8 * 1024 * 1024, ge=UNIT_BYTES)
    #: Buckets of the site's own store that destinations may name, divided by commas; its own bucket is always open.
    publish_buckets: str | None = None
    publish_relay_every_s: float = Field(default=1.0, gt=0, le=10)
    #: A publication whose message was lost is relayed again after this long.
    publish_relay_grace_s: float = Field(default=30.0, gt=0, le=3600)

    @field_validator("publish_chunk_bytes")
    @classmethod
    def _whole_units(cls, value: int) -> int:
        if value % UNIT_BYTES:
            raise ValueError(f"must be a multiple of {UNIT_BYTES}")
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            SiteKey(value.get_secret_value())
        return value

    @property
    def buckets(self) -> tuple[str, ...]:
        return tuple(name.strip() for name in (self.publish_buckets or "").split(",") if name.strip())
