"""How this dialect is set up at a site."""

from __future__ import annotations

from dataclasses import dataclass, field

from headrace_api.http.body import BodyPatience


@dataclass(frozen=True, kw_only=True, slots=True)
class AuralisSettings:
    #: Where inputs and outputs lie: part of the ``s3://`` addresses that are shown.
    bucket: str
    patience: BodyPatience = field(default_factory=BodyPatience)
    #: What a worker hands in as output.
    max_output_bytes: int = 2048 * 1024 * 1024
    #: How long a presigned URL of a download is good, in seconds.
    download_url_s: int = 3600
    #: The longest that a client may not take any bytes of a download, in seconds.
    write_timeout_s: float = 60.0
