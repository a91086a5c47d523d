"""What can go wrong with bytes, independent of the store's library."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import ClientError as HttpClientError
from botocore.exceptions import BotoCoreError, ClientError


class BlobError(Exception):
    """The store refused the call for a reason that trying again does not mend."""


class BlobNotFoundError(BlobError):
    """There is no object under this key."""


class BlobRangeError(BlobError):
    """The range lies outside the object."""


class BlobUnavailableError(BlobError):
    """The store is away or overloaded; the same call may succeed later."""


_MISSING = {"NoSuchKey", "404", "NotFound", "NoSuchUpload"}


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn the library's exceptions into ours; ``what`` names the call for the message."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _MISSING:
            raise BlobNotFoundError(f"{what}: not found") from error
        if code == "InvalidRange" or status == 416:
            raise BlobRangeError(f"{what}: range outside the object") from error
        if status >= 500 or status == 429 or code == "SlowDown":
            raise BlobUnavailableError(f"{what}: {code or status}") from error
        raise BlobError(f"{what}: {code or status}: {error}") from error
    except (BotoCoreError, HttpClientError, OSError, TimeoutError) as error:
        raise BlobUnavailableError(f"{what}: {type(error).__name__}: {error}") from error
