"""What a use case may answer instead of a result. Each dialect writes these in its own words."""

from __future__ import annotations

from collections.abc import Sequence


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

    def __init__(self, model: str, found: str, allowed: Sequence[str]) -> None:
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
