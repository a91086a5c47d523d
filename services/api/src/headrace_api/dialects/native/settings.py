"""How this dialect is set up at a site."""

from __future__ import annotations

from dataclasses import dataclass, field

from headrace_api.http.body import BodyPatience


@dataclass(frozen=True, kw_only=True, slots=True)
class NativeSettings:
    patience: BodyPatience = field(default_factory=BodyPatience)
    #: A body of one job: its payload is measured once it is decoded, this leaves room for escapes.
    max_body_bytes: int = 1024 * 1024
    #: The body of a batch.
    max_batch_bytes: int = 128 * 1024 * 1024
    #: The longest that a client may not take any bytes of a download, in seconds.
    write_timeout_s: float = 60.0
    #: Requests of a key that has no limits of its own (seed 004, «Rate Limits»).
    per_minute: int = 60
    per_hour: int = 1000
    #: How long a file that was sent ahead is kept, in hours.
    file_hours: int = 24
    #: How long a presigned URL is good, in seconds.
    link_s: int = 900
    #: The site's own bucket, as it stands in ``s3://`` addresses.
    bucket: str = "headrace"
    #: Destinations and webhooks may lie on this machine: for a stack on one machine only.
    allow_loopback: bool = False
    #: A silent stream of events says that it lives this often, in seconds.
    beat_s: float = 15.0
