"""What a use case may answer instead of a result. Each dialect writes these in its own words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


class CoreError(Exception):
    """Base of all: the message is for people."""


class BadRequestError(CoreError):
    """A field or the body is not what it must be."""


class MissingModelError(CoreError):
    """The job names no model."""


class UnknownModelError(CoreError):
    def __init__(self, model: str) -> None:
        super().__init__(f"Unknown model: {model}")
        self.model = model


class FileRequiredError(CoreError):
    def __init__(self, model: str) -> None:
        super().__init__(f"Model '{model}' requires a file")
        self.model = model


class PayloadError(CoreError):
    """``problems``: every problem of the payload, one sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("Payload validation failed")
        self.problems = list(problems)


class TooLargeError(CoreError):
    """A file or a body has more than ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"Max {limit} bytes")
        self.limit = limit


class UnsupportedTypeError(CoreError):
    """The content of the file is nothing that the model takes."""

    def __init__(self, model: str, found: str, allowed: Collection[str]) -> None:
        super().__init__(f"Model '{model}' does not support type: {found}")
        self.model = model
        self.found = found
        self.allowed = list(allowed)


class UnauthorizedError(CoreError):
    """No credentials, or wrong ones."""


class JobNotFoundError(CoreError):
    pass


class NoInputError(CoreError):
    """The job has no input file."""


class NoFileError(CoreError):
    """The job has no result file."""


class NotReadyError(CoreError):
    """The job has no result (yet)."""


class WrongTokenError(CoreError):
    """The claim token is not that of the current attempt."""


class WrongStateError(CoreError):
    """The job is not in a state in which this can be done."""


class RangeError(CoreError):
    """The range lies outside the file of ``size`` bytes."""

    def __init__(self, size: int) -> None:
        super().__init__(f"The file has {size} bytes")
        self.size = size


class BodyTimeoutError(CoreError):
    """The client stopped sending in the middle of its request."""


class OverloadedError(CoreError):
    """Too much waits already; nothing was stored."""

    def __init__(self, retry_after_s: int = 1) -> None:
        super().__init__("Too many requests are waiting; try again shortly")
        self.retry_after_s = retry_after_s


class UnavailableError(CoreError):
    """A part of the site is away; the same call may succeed later."""

    def __init__(self, what: str, *, retry_after_s: int = 2) -> None:
        super().__init__(f"{what} is not available at the moment; try again shortly")
        self.retry_after_s = retry_after_s


class ForbiddenError(CoreError):
    """The caller is known, and may not do this: a missing scope, a role, a plan."""


class NotFoundError(CoreError):
    """There is no such thing, or it is another account's. ``what``: template, file, worker, key, ..."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what[:1].upper()}{what[1:]} not found")
        self.what = what


class ConflictError(CoreError):
    """It clashes with what is there already."""


class AlreadySettledError(ConflictError):
    """A dead letter was replayed (``replayed_as`` says as which job) or discarded before."""

    def __init__(self, settled: str, replayed_as: UUID | None) -> None:
        super().__init__(f"This dead letter was {settled} already; it is settled once")
        self.settled = settled
        self.replayed_as = replayed_as


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field: ``field`` is a path such as ``output_config.destination``."""

    field: str
    message: str


class ValidationError(CoreError):
    """``problems``: every problem of the request, one a field."""

    def __init__(self, problems: Sequence[Problem], message: str | None = None) -> None:
        super().__init__(message or "; ".join(f"{each.field}: {each.message}" for each in problems))
        self.problems = list(problems)


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """Where a limit stands after a request."""

    limit: int
    remaining: int
    #: When the window ends and all is free again.
    reset_at: datetime


class RateLimitedError(CoreError):
    """Too many requests in a window of time. ``allowance``: the limit as it stands, where there is a countable one."""

    def __init__(self, retry_after_s: int, allowance: Allowance | None = None) -> None:
        super().__init__(f"Too many requests; try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s
        self.allowance = allowance


class IdempotencyConflictError(CoreError):
    """The Idempotency-Key was used for another request."""

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used with another request; take a new key for a new request"
        )


class InsufficientCreditsError(CoreError):
    def __init__(self, needed: int, balance: int) -> None:
        super().__init__(f"This needs {needed} credits; the balance is {balance}")
        self.needed = needed
        self.balance = balance


class QuotaError(CoreError):
    """An account that may have ``limit`` jobs waiting has ``waiting`` and wants ``wanted`` more; nothing was stored."""

    def __init__(self, *, limit: int, waiting: int, wanted: int, retry_after_s: int = 10) -> None:
        jobs = "1 job" if limit == 1 else f"{limit} jobs"
        super().__init__(
            f"This account may have {jobs} waiting and has {waiting}; this would add {wanted}. Wait until some of "
            "them have started, cancel some, or ask the operator for a higher limit"
        )
        self.limit = limit
        self.waiting = waiting
        self.wanted = wanted
        self.retry_after_s = retry_after_s


class NotConfiguredError(CoreError):
    """The site lacks a setting that this needs. ``setting`` is its variable, such as HEADRACE_SECRET_KEY."""

    def __init__(self, setting: str) -> None:
        super().__init__(f"This is not available: the operator has not set {setting}")
        self.setting = setting
