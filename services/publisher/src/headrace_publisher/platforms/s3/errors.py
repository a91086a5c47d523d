"""What a store's refusal means for a publication."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from aiohttp import ClientError as HttpClientError
from botocore.exceptions import BotoCoreError, ClientError

from headrace_publisher.platforms.platform import Failed, Outcome, StepEnd, Wait
from headrace_runtime.guard import refused
from headrace_runtime.retry import parse_retry_after

_KEYS = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "ExpiredToken", "InvalidToken"}
_BUSY = {
    "SlowDown",
    "RequestTimeTooSkewed",
    "ConditionalRequestConflict",
    "OperationAborted",
    "RequestTimeout",
}
_GONE = {"NoSuchUpload", "NoSuchKey", "404", "NotFound"}
#: A condition that the store does not know: what is asked for works without it.
_UNKNOWN = {"NotImplemented", "501"}
_MOST_WAIT_S = 3600.0


class GoneError(Exception):
    """There is no such object or upload."""


class ExistsError(Exception):
    """An object has the key already (If-None-Match)."""


class NotAllowedError(Exception):
    """The keys may not do this call."""


class NoConditionError(Exception):
    """The store does not know If-None-Match."""


@contextmanager
def judged(what: str, *, own: bool) -> Iterator[None]:
    """Turn the library's exceptions into ours; raises StepEnd for all that end the step.

    ``own``: the site's own store; nothing there is the customer's fault, so nothing is permanent.
    """
    try:
        yield
    except ClientError as error:
        code, status = code_of(error)
        if code in _GONE:
            raise GoneError from None
        if code == "PreconditionFailed" or status == 412:
            raise ExistsError from None
        if code in _UNKNOWN:
            raise NoConditionError from None
        raise StepEnd(_judge(what, error, own=own)) from None
    except (BotoCoreError, HttpClientError, OSError) as error:
        if _refused(error):
            reason = f"{what}: the name leads to an address that can't be reached from here"
            raise StepEnd(Failed(reason=reason, permanent=not own)) from None
        raise StepEnd(Failed(reason=f"{what}: no answer ({type(error).__name__})", permanent=False)) from None


def code_of(error: ClientError) -> tuple[str, int]:
    """The store's code and the HTTP status."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code, int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _judge(what: str, error: ClientError, *, own: bool) -> Outcome:
    code, status = code_of(error)
    message = str(error.response.get("Error", {}).get("Message", ""))[:300]
    said = f"{code or status}" + (f", {message}" if message and message != code else "")
    if status >= 500 or status == 429 or code in _BUSY:
        headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        now = datetime.now(UTC)
        wait_s = parse_retry_after(headers.get("retry-after"), now=now)
        if wait_s is not None:
            until = now + timedelta(seconds=min(max(wait_s, 1.0), _MOST_WAIT_S))
            return Wait(until=until, reason=f"{what}: the store is busy ({said})")
        return Failed(reason=f"{what}: the store is busy ({said})", permanent=False)
    if code in _KEYS or status in {401, 403}:
        return Failed(
            reason=f"{what}: the store refused the keys, or what they may do ({said})", permanent=not own
        )
    if code == "NoSuchBucket":
        return Failed(reason=f"{what}: there is no such bucket", permanent=not own)
    return Failed(reason=f"{what}: the store refused it ({said})", permanent=not own)


def _refused(error: BaseException | None) -> bool:
    """The library wraps what the guard raised, and drops its text."""
    while error is not None:
        if refused(error):
            return True
        error = error.__cause__ or error.__context__
    return False
