"""How this dialect is set up at a site."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from headrace_api.http.body import BodyPatience


@dataclass(frozen=True, kw_only=True, slots=True)
class AurafluxSettings:
    patience: BodyPatience = field(default_factory=BodyPatience)
    #: Of one video (seed 001, «Upload a video file»: 500MB).
    max_upload_bytes: int = 500 * 1024 * 1024
    #: How long an uploaded file waits for its job.
    upload_lifetime: timedelta = timedelta(hours=24)
    #: Requests of a key in a minute, unless the key says otherwise. The text speaks of a limit and names none.
    per_minute: int = 300
    #: How long the URLs of videos and thumbnails are good, in seconds.
    link_s: int = 3600
