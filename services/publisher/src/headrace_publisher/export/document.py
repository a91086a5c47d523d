"""The documented result.json of a job, as bytes."""

from __future__ import annotations

from typing import Protocol

import msgspec

from headrace_contracts.jobs.view import JobDocument
from headrace_contracts.wire.radiance import result_object
from headrace_store.blobs.errors import BlobNotFoundError


class UnexportableError(Exception):
    """There is no document to write, however often it is tried."""


class Blobs(Protocol):
    """Where JSON results lie that are too large for the record."""

    async def get(self, key: str, *, limit: int) -> bytes: ...


async def fetch_result(blobs: Blobs, document: JobDocument, *, most_bytes: int) -> bytes | None:
    """The job's JSON result, from the record or from the store; None: it has none.

    Raises UnexportableError when it is gone or larger than ``most_bytes``, and the errors of ``blobs.errors``.
    """
    if document.result is not None or document.job.result_ref is None:
        return document.result
    try:
        return await blobs.get(document.job.result_ref, limit=most_bytes)
    except BlobNotFoundError as error:
        raise UnexportableError(f"the result at {document.job.result_ref} is not there") from error
    except ValueError as error:
        raise UnexportableError(str(error)) from error


def result_json(document: JobDocument, result: bytes | None) -> bytes:
    """``result.json`` with what ``fetch_result`` found."""
    return msgspec.json.encode(result_object(document, result=result))
