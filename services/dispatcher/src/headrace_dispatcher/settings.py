"""The dispatcher's settings, all from ``HEADRACE_*``."""

from __future__ import annotations

from pydantic import Field, SecretStr

from headrace_contracts.limits import ACK_WAIT_S, AGENT_SILENT_S
from headrace_runtime.settings import HealthSettings, LogSettings, NatsSettings


class DispatcherSettings(NatsSettings, HealthSettings, LogSettings):
    """See docs/settings.md."""

    postgres_url: SecretStr
    #: Seven loops hold a connection for their turn while they use another one.
    postgres_pool_max: int = Field(default=10, ge=8, le=100)
    s3_endpoint_url: str
    s3_public_endpoint_url: str | None = None
    s3_access_key: str
    s3_secret_key: SecretStr
    s3_bucket: str = "headrace"
    s3_region: str = "us-east-1"
    #: Copies of each stream on a NATS cluster.
    stream_replicas: int = Field(default=1, ge=1, le=5)
    #: A JetStream agent that was silent for so long is lost. Longer than the ack wait of its messages.
    agent_silent_s: float = Field(default=AGENT_SILENT_S, gt=ACK_WAIT_S)
    #: A run that its agent did not stop by itself is failed so long after its timeout.
    timeout_grace_s: float = Field(default=30.0, ge=1)
    reconcile_s: float = Field(default=5.0, ge=0.2)
    #: Ready window of a lane: messages for each free slot that serves it, and its bounds.
    window_per_slot: float = Field(default=3.0, ge=1)
    window_min: int = Field(default=8, ge=1)
    window_max: int = Field(default=2048, ge=1)
    #: Objects in S3 that nothing refers to are deleted once they are so old.
    sweep_grace_s: float = Field(default=86_400.0, ge=3600)
    #: From the end of one search for such objects to the beginning of the next; 0 = never.
    sweep_every_s: float = Field(default=21_600.0, ge=0)
    #: A job that has waited for so long rises a class, and another one after as long again; 0 = never.
    aging_s: float = Field(default=600.0, ge=0)
