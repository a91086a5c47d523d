"""Settings of the webhooks service: ``HEADRACE_*``."""

from __future__ import annotations

from pydantic import Field, SecretStr, field_validator

from headrace_contracts.signing import parse_secrets
from headrace_runtime.settings import HealthSettings, LogSettings, NatsSettings


class WebhooksSettings(NatsSettings, HealthSettings, LogSettings):
    """How webhooks are sent. Times in seconds."""

    #: postgresql://user:password@host:port/database
    postgres_url: SecretStr
    postgres_pool_max: int = Field(default=8, ge=2, le=100)
    #: Copies of each stream on a NATS cluster; the same in all services.
    stream_replicas: int = Field(default=1, ge=1, le=5)
    #: ``whsec_<base64>``; several with spaces between them while a secret is changed, the newest first.
    webhook_secret: SecretStr
    #: For a stack on one machine only: receivers on 127/8 and ::1 may be reached.
    allow_loopback_webhooks: bool = False
    #: The text documents http and https.
    allow_http_webhooks: bool = True
    webhook_timeout_s: float = Field(default=15.0, ge=1, le=30)
    #: Deliveries in hand at a time, those that wait for a busy endpoint included.
    webhook_concurrency: int = Field(default=64, ge=1, le=1024)
    #: Requests at a time to one endpoint.
    webhook_endpoint_concurrency: int = Field(default=8, ge=1, le=256)
    #: How long a delivery waits in hand for its busy endpoint before it is put off.
    webhook_endpoint_wait_s: float = Field(default=2.0, gt=0, le=10)
    #: How long it is then put off, on average.
    webhook_put_off_s: float = Field(default=20.0, gt=0, le=600)
    webhook_relay_every_s: float = Field(default=1.0, gt=0, le=10)
    #: A delivery whose message was lost is relayed again after this long.
    webhook_relay_grace_s: float = Field(default=30.0, gt=0, le=3600)
    #: How long deliveries under way may take after a stop was asked for; then they are handed over.
    #: Keep it below the time that whoever stops the process leaves it (5 s in the embedded stack).
    webhook_drain_s: float = Field(default=3.0, ge=0, le=60)

    @field_validator("webhook_secret")
    @classmethod
    def _well_formed(cls, value: SecretStr) -> SecretStr:
        if not parse_secrets(value.get_secret_value()):
            raise ValueError("give at least one secret, whsec_<base64>")
        return value
