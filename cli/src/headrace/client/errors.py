"""What a call of the client may raise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headrace.client.model.job import Job


class HeadraceError(Exception):
    """Base of all."""


class ConfigurationError(HeadraceError):
    """There is no address or no key to call with; the text says how to give them."""


class UnreachableError(HeadraceError):
    """The server did not answer, also not when it was tried again."""


class UnexpectedAnswerError(HeadraceError):
    """Something answered that is not the native API."""


class ApiError(HeadraceError):
    """The server refused: HTTP ``status``, a ``code`` for programs, and ``details`` that help to get on."""

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

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Of a 422: what is wrong, as (field, message)."""
        if isinstance(self.details, Mapping):
            return []
        return [(str(each.get("field", "?")), str(each.get("message", ""))) for each in self.details]

    def __str__(self) -> str:
        lines = [f"{field}: {message}" for field, message in self.problems]
        # One problem that says it all needs no headline.
        return lines[0] if len(lines) == 1 else "\n  ".join([super().__str__(), *lines])


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
        reason = job.failure and (job.failure.reason or job.failure.code)
        said = (
            f"failed: {reason}"
            if reason
            else f"was {job.status}"
            if job.status == "cancelled"
            else job.status
        )
        super().__init__(f"job {job.job_id} {said}")
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
