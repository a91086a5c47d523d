"""What is published of a job: its result files, its result.json, and words about them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from headrace_store.blobs.s3 import BlobStream

RESULT_JSON = "result.json"


class Source(Protocol):
    """Where the bytes of a file are. Raises the errors of ``headrace_store.blobs.errors``."""

    def open(self, start: int, end: int) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The bytes from ``start`` up to ``end``, not included."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asset:
    """One file."""

    name: str
    mime: str
    #: In bytes.
    size: int
    source: Source = field(repr=False)

    @property
    def kind(self) -> str:
        """``video``, ``image``, ``audio``, ``application``, ..."""
        return self.mime.partition("/")[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Parcel:
    """All that a platform may take of a job. Names of files are unique and safe."""

    job_id: UUID
    title: str
    #: Empty when there is none.
    description: str
    tags: tuple[str, ...]
    #: Says what the main file shows, for those who can't see it.
    alt_text: str
    #: None: the job has no result file.
    main: Asset | None
    extras: tuple[Asset, ...]
    #: The documented result.json.
    document: Asset

    @property
    def files(self) -> tuple[Asset, ...]:
        """The main file first, result.json last."""
        return (*(() if self.main is None else (self.main,)), *self.extras, self.document)

    @property
    def thumbnail(self) -> Asset | None:
        """The picture that stands for the main file."""
        named = (asset for asset in self.extras if asset.name.startswith("thumbnail"))
        return next((asset for asset in named if asset.kind == "image"), None)


class Blobs(Protocol):
    """The store of the results."""

    def open(
        self, key: str, *, start: int | None = None, end: int | None = None
    ) -> AbstractAsyncContextManager[BlobStream]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class BlobSource:
    """A file in the site's store."""

    blobs: Blobs
    key: str

    @asynccontextmanager
    async def open(self, start: int, end: int) -> AsyncIterator[AsyncIterator[bytes]]:
        if end <= start:  # a range of nothing is an error to the store
            yield _one(b"")
            return
        async with self.blobs.open(self.key, start=start, end=end - 1) as stream:
            yield stream.chunks


@dataclass(frozen=True, kw_only=True, slots=True)
class MemorySource:
    """A file that is small enough to be held."""

    data: bytes = field(repr=False)

    @asynccontextmanager
    async def open(self, start: int, end: int) -> AsyncIterator[AsyncIterator[bytes]]:
        yield _one(self.data[start:end])


async def _one(data: bytes) -> AsyncIterator[bytes]:
    if data:
        yield data


async def whole(asset: Asset) -> bytes:
    """A small file in memory."""
    async with asset.source.open(0, asset.size) as chunks:
        return b"".join([chunk async for chunk in chunks])
