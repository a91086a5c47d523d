"""What a call of the client may raise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headrace.client.model import Job


class HeadraceError(Exception):
    """Base of all."""


class ConfigurationError(HeadraceError):
    """There is no address or no key to call with; the text says how to give them."""


class UnreachableError(HeadraceError):
    """The server did not answer, also not when it was tried again."""


class ApiError(HeadraceError):
    """The server refused. ``details`` has one entry a problem, each with ``field`` and ``message``."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Sequence[Mapping[str, Any]] | Mapping[str, Any] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.details = details

    def __str__(self) -> str:
        lines = [super().__str__()]
        if not isinstance(self.details, Mapping):
            lines += [f"  {each.get('field', '?')}: {each.get('message', '')}" for each in self.details]
        return "\n".join(lines)


class NotFoundError(ApiError):
    """404: there is no such thing, or it is another account's."""


class ConflictError(ApiError):
    """409: not in this state."""


class WaitTimeoutError(HeadraceError):
    """The job had not ended in the time that the caller gave."""

    def __init__(self, job: Job, seconds: float) -> None:
        reason = job.waiting_reason.message if job.waiting_reason else f"it is {job.status}"
        super().__init__(f"job {job.job_id} had not ended after {seconds:g} s: {reason}")
        self.job = job


class JobFailedError(HeadraceError):
    """The job that was waited for ended without a result."""

    def __init__(self, job: Job) -> None:
        reason = job.failure.reason if job.failure else job.status
        super().__init__(f"job {job.job_id} {job.status}: {reason}")
        self.job = job


def of_reply(status: int, body: Any) -> ApiError:
    """The error in an answer; ``body`` is its decoded JSON, or None."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        error = {}
    kind = {404: NotFoundError, 409: ConflictError}.get(status, ApiError)
    return kind(
        status,
        str(error.get("code", "http_error")),
        str(error.get("message", f"the server answered {status}")),
        error.get("details") or (),
    )
