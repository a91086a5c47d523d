"""What came of one attempt to deliver."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SendError(StrEnum):
    """Why there was no answer. These words are kept in the record and shown to the customer."""

    #: The URL itself is not one that we send to.
    REFUSED_URL = "refused_url"
    #: The name led to an address inside the site.
    REFUSED_ADDRESS = "refused_address"
    DNS = "dns"
    TLS = "tls"
    CONNECTION = "connection"
    TIMEOUT = "timeout"
    #: What came back was not HTTP.
    PROTOCOL = "protocol"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """One attempt: an HTTP status, or the kind of error that there was instead."""

    status: int | None = None
    error: SendError | None = None
    duration_ms: int
    #: Beginning of the answer's body; None for redirects and where there was none.
    response_head: str | None = None
    #: Seconds that the receiver asked us to wait.
    retry_after_s: float | None = None

    @property
    def ok(self) -> bool:
        """Only 2xx is success: a redirect or «not modified» has delivered nothing."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def summary(self) -> str:
        """For logs and spans."""
        return f"HTTP {self.status}" if self.status is not None else str(self.error)
