"""A job from the record into the parcel that is published."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from headrace_contracts.jobs.view import JobDocument
from headrace_contracts.keys import safe_filename
from headrace_contracts.messages.events import FileRef
from headrace_publisher.export.document import fetch_result, result_json
from headrace_publisher.publish.parcel import RESULT_JSON, Asset, BlobSource, MemorySource, Parcel
from headrace_publisher.publish.texts import texts_of
from headrace_store.blobs.s3 import BlobStream


class Blobs(Protocol):
    """The site's store of results."""

    async def get(self, key: str, *, limit: int) -> bytes: ...

    def open(
        self, key: str, *, start: int | None = None, end: int | None = None
    ) -> AbstractAsyncContextManager[BlobStream]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Pack:
    """Raises UnexportableError when the JSON result is gone or too large, and the errors of ``blobs.errors``."""

    blobs: Blobs
    #: The largest JSON result that is put into result.json, in bytes.
    most_bytes: int

    async def __call__(self, document: JobDocument) -> Parcel:
        job = document.job
        result = await fetch_result(self.blobs, document, most_bytes=self.most_bytes)
        data = result_json(document, result)
        texts = texts_of(result, model=job.model, job_id=job.id)
        names = {RESULT_JSON}
        return Parcel(
            job_id=job.id,
            title=texts.title,
            description=texts.description,
            tags=texts.tags,
            alt_text=texts.alt_text,
            main=None if job.file is None else self._asset(job.file, names),
            extras=tuple(self._asset(file, names) for file in job.extra_files),
            document=Asset(
                name=RESULT_JSON, mime="application/json", size=len(data), source=MemorySource(data=data)
            ),
        )

    def _asset(self, file: FileRef, taken: set[str]) -> Asset:
        plain = safe_filename(file.name)
        name, number = plain, 2
        while name in taken:
            name, number = f"{number}-{plain}", number + 1
        taken.add(name)
        mime = file.mime.partition(";")[0].strip().lower() or "application/octet-stream"
        return Asset(name=name, mime=mime, size=file.size, source=BlobSource(blobs=self.blobs, key=file.key))
