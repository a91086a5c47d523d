"""How this dialect is set up at a site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from headrace_api.http.auth import Network
from headrace_api.http.body import BodyPatience

_MIB: Final = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class JobserverSettings:
    #: Workers that send no credentials become this account's; None: registration needs an admin's token.
    open_registration_account: UUID | None = None
    #: Networks of proxies whose ``X-Forwarded-For`` is believed.
    trusted_proxies: Sequence[Network] = ()
    #: How long a login lasts, in seconds.
    session_s: float = 86_400.0
    patience: BodyPatience = field(default_factory=BodyPatience)
    #: The documented limit of an upload.
    max_upload_bytes: int = 500 * _MIB
    #: How long an uploaded file is kept.
    file_lifetime: timedelta = timedelta(days=31)
    #: The body of ``submit-result`` and ``stream-output``.
    max_output_body_bytes: int = 8 * _MIB
    #: The most that a status shows of stdout, and of stderr: the end of it.
    max_shown_bytes: int = _MIB
    #: The longest that a client may not take any bytes of a download or of the stream, in seconds.
    write_timeout_s: float = 60.0
    #: Requests a minute of one user, one worker, or one network address without good credentials (seed 003).
    per_minute: int = 100
    #: WebSockets that are open at once.
    max_sockets: int = 1000
    #: How often an open WebSocket's session is looked at again, in seconds.
    session_check_s: float = 2.0
