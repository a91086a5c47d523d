"""One file on its way from a client into S3: judged by content while it streams, kept only when all is well."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

from headrace_api.core.errors import (
    BadRequestError,
    OverloadedError,
    TooLargeError,
    UnavailableError,
    UnsupportedTypeError,
)
from headrace_api.core.ports import BlobStore, ByteWriter
from headrace_api.mime.judge import FileJudge
from headrace_api.mime.names import OCTETS
from headrace_contracts.catalogue.model import Model
from headrace_contracts.keys import safe_filename
from headrace_contracts.messages.work import InputRef
from headrace_store.blobs.errors import BlobError, BlobUnavailableError

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class UploadSettings:
    max_file_bytes: int
    #: Files that stream at once; each holds a part of S3 in memory.
    slots: int = 16
    #: How long a file may wait for a slot, in seconds.
    slot_wait_s: float = 30.0


class Upload:
    """At most one file. ``receive`` it, then ``keep`` it once everything else is found good."""

    def __init__(self, blobs: BlobStore, settings: UploadSettings, slots: asyncio.Semaphore) -> None:
        self._blobs = blobs
        self._settings = settings
        self._slots = slots
        self._slot_taken = False
        self._writer: ByteWriter | None = None
        self._judge: FileJudge | None = None
        self._key = ""
        self._name = ""
        self._digest = hashlib.sha256()

    @property
    def received(self) -> bool:
        """A file came, of one byte or more."""
        return self._judge is not None and self._judge.size > 0

    @property
    def digest(self) -> bytes:
        """SHA-256 of what was received."""
        return self._digest.digest()

    async def receive(
        self,
        chunks: AsyncIterator[bytes],
        *,
        key: str,
        filename: str,
        content_type: str | None,
        model: Model | None = None,
        max_bytes: int | None = None,
        allowed: Collection[str] | None = None,
    ) -> None:
        """Stream the file to where it will be. ``model``, when known already, or else ``allowed`` refuses a wrong type
        early; ``max_bytes`` stands in place of the site's limit.

        ``filename`` has passed ``safe_filename``. Raises TooLargeError at the first byte too many.
        """
        if self._judge is not None:
            raise BadRequestError("Send one file only: field 'file' stands twice")
        await self._take_slot()
        self._key, self._name = key, filename
        judge = self._judge = FileJudge(filename=filename, content_type=content_type)
        writer = self._writer = self._blobs.writer(key, OCTETS)
        if model is not None:
            allowed = None if model.any_file else model.allowed_file_types
        wanted = None if allowed is None else frozenset(allowed)
        limit = self._settings.max_file_bytes if max_bytes is None else max_bytes
        with _store_errors():
            async for chunk in chunks:
                judge.feed(chunk)
                self._digest.update(chunk)
                if judge.size > limit:
                    raise TooLargeError(limit)
                if wanted is not None and judge.early_ready:
                    if not judge.may_be(wanted):
                        raise UnsupportedTypeError(
                            "upload" if model is None else model.id, judge.shown(), allowed or ()
                        )
                    wanted = None
                await writer.write(chunk)

    def judged(self, model: Model) -> str:
        """The canonical type of what was received. Raises UnsupportedTypeError if ``model`` does not take it."""
        assert self._judge is not None  # noqa: S101 -- asked after ``received`` only
        found, contradicted = self._judge.verdict()
        if found not in model.allowed_file_types or contradicted is not None:
            raise _unsupported(model, found, contradicted)
        return found

    def guessed(self) -> str:
        """The canonical type, whatever it is."""
        return OCTETS if self._judge is None else self._judge.verdict()[0]

    async def keep(self, mime: str) -> InputRef:
        """Make the file appear in S3. Raises UnavailableError while the store is away."""
        assert self._writer is not None  # noqa: S101 -- asked after ``received`` only
        with _store_errors():
            size = await self._writer.finish(mime=mime)
        return InputRef(key=self._key, mime=mime, name=self._name, size=size)

    async def close(self) -> None:
        """Throw away what was not kept, and make room for the next file."""
        if self._writer is not None:
            await self._writer.abort()
        if self._slot_taken:
            self._slots.release()
            self._slot_taken = False

    async def _take_slot(self) -> None:
        try:
            async with asyncio.timeout(self._settings.slot_wait_s):
                await self._slots.acquire()
        except TimeoutError:
            raise OverloadedError(retry_after_s=5) from None
        self._slot_taken = True


class Uploads:
    """Makes uploads, as many at once as memory allows, and removes what was kept in vain."""

    def __init__(self, blobs: BlobStore, settings: UploadSettings) -> None:
        self._blobs = blobs
        self.settings = settings
        self._slots = asyncio.Semaphore(settings.slots)

    @asynccontextmanager
    async def upload(self) -> AsyncIterator[Upload]:
        """An upload that is thrown away at the end of the block unless it was kept."""
        upload = Upload(self._blobs, self.settings, self._slots)
        try:
            yield upload
        finally:
            await upload.close()

    async def discard(self, key: str) -> None:
        """Remove a kept file again; a failure is logged and leaves an orphan, which harms nobody."""
        try:
            await self._blobs.delete(key)
        except BlobError as error:
            log.warning("file %s is left behind: %s", key, error, extra={"action": "upload.orphan"})


class _store_errors:  # noqa: N801 -- read as a statement
    """Turns the store's errors into the core's."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, BlobUnavailableError | BlobError):
            log.warning("the file store failed: %s", error, extra={"action": "blob.failed"})
            raise UnavailableError("The file store") from error


def _unsupported(model: Model, found: str, contradicted: str | None) -> UnsupportedTypeError:
    shown = found if contradicted is None else f"{found} sent as {contradicted}"
    return UnsupportedTypeError(model.id, shown, model.allowed_file_types)


def file_name(name: str | None, default: str = "file") -> str:
    """What of a client's file name is kept."""
    return safe_filename(name, default)
