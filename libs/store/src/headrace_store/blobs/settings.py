"""Where the bytes are."""

from __future__ import annotations

from dataclasses import dataclass, field

#: S3 refuses parts under 5 MiB, but for the last one.
MIN_PART_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class S3Settings:
    """How to reach an S3-compatible store."""

    endpoint_url: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    bucket: str
    region: str = "us-east-1"
    #: The address that clients and agents outside use in presigned URLs; None = ``endpoint_url``.
    public_endpoint_url: str | None = None
    connect_timeout_s: float = 5.0
    #: Silence on a connection after which a call is given up.
    read_timeout_s: float = 30.0
    #: Tries of one call, the first included.
    attempts: int = 3
    max_connections: int = 50
    part_bytes: int = MIN_PART_BYTES

    def __post_init__(self) -> None:
        if self.part_bytes < MIN_PART_BYTES:
            raise ValueError(f"part_bytes is {self.part_bytes}; S3 takes parts of {MIN_PART_BYTES} or more")
