"""A project's archive on its way in: to disk, looked into, then to S3."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from headrace_api.core.archives.check import check_archive
from headrace_api.core.archives.limits import ArchiveError, ArchiveLimits
from headrace_api.core.errors import BadRequestError, OverloadedError, TooLargeError, UnavailableError
from headrace_api.core.uploads import Upload, Uploads
from headrace_contracts.keys import safe_filename
from headrace_contracts.messages.work import InputRef

log = logging.getLogger(__name__)

#: What is written and read at once: each goes through a thread.
_BLOCK_BYTES = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class IntakeSettings:
    max_bytes: int
    limits: ArchiveLimits
    #: Archives in hand at once; each lies on disk.
    slots: int = 8
    #: Of senders that have not said yet who they are: they must not keep others out.
    stranger_slots: int = 2
    #: How long one may wait for a slot, in seconds.
    slot_wait_s: float = 30.0
    #: Archives that are unpacked at once: each takes a core for a while.
    checks: int = 2
    #: None = the system's folder for temporary files.
    folder: Path | None = None


class ArchiveIntake:
    """Takes archives in, as many at once as the disk and the cores allow."""

    def __init__(self, settings: IntakeSettings, uploads: Uploads) -> None:
        self._uploads = uploads
        self.settings = settings
        self._slots = asyncio.Semaphore(settings.slots)
        self._stranger_slots = asyncio.Semaphore(settings.stranger_slots)
        self._turn = asyncio.Semaphore(settings.checks)

    @asynccontextmanager
    async def arrival(self) -> AsyncIterator[Arrival]:
        """What it left on disk is gone at the end of the block."""
        async with AsyncExitStack() as stack:
            yield Arrival(self, stack)

    async def open(self, stack: AsyncExitStack, *, known: bool) -> IO[bytes]:
        """A place on disk until ``stack`` ends. Raises OverloadedError, UnavailableError."""
        slots = self._slots if known else self._stranger_slots
        try:
            async with asyncio.timeout(self.settings.slot_wait_s):
                await slots.acquire()
        except TimeoutError:
            raise OverloadedError(retry_after_s=5) from None
        stack.callback(slots.release)
        with _disk_errors():
            return stack.enter_context(
                tempfile.TemporaryFile(prefix="headrace-project-", dir=self.settings.folder)
            )

    async def check(self, file: IO[bytes], size: int) -> str:
        """See ``Arrival.check``."""
        try:
            async with self._turn:
                return await asyncio.to_thread(check_archive, file, size, self.settings.limits)
        except ArchiveError as error:
            raise BadRequestError(f"The archive is not taken: {error}") from None

    def upload(self) -> AbstractAsyncContextManager[Upload]:
        return self._uploads.upload()


class Arrival:
    """One archive at most: ``receive`` it, ``check`` it, ``store`` it."""

    def __init__(self, intake: ArchiveIntake, stack: AsyncExitStack) -> None:
        self._intake = intake
        self._stack = stack
        self._file: IO[bytes] | None = None
        self._size = 0
        self.name = ""

    @property
    def received(self) -> bool:
        return self._file is not None

    async def receive(self, chunks: AsyncIterator[bytes], *, filename: str | None, known: bool) -> None:
        """Take it to disk. ``known``: the sender has proven who it is.

        Raises TooLargeError at the first byte too many, BadRequestError for a second file, OverloadedError,
        UnavailableError.
        """
        if self._file is not None:
            raise BadRequestError("Send one file only: field 'file' stands twice")
        self.name = safe_filename(filename, "project")
        self._file = await self._intake.open(self._stack, known=known)
        limit, block = self._intake.settings.max_bytes, bytearray()
        async for chunk in chunks:
            self._size += len(chunk)
            if self._size > limit:
                raise TooLargeError(limit)
            block += chunk
            if len(block) >= _BLOCK_BYTES:
                await self._write(bytes(block))
                block.clear()
        await self._write(bytes(block))

    async def check(self) -> str:
        """Its canonical type. Raises BadRequestError with the reason why it is not taken."""
        return await self._intake.check(self._taken(), self._size)

    async def store(self, key: str, mime: str) -> tuple[InputRef, bytes]:
        """Put it into S3; with its SHA-256. Raises UnavailableError while the store is away."""
        async with self._intake.upload() as upload:
            await upload.receive(
                self._blocks(), key=key, filename=self.name, content_type=mime, max_bytes=self._size
            )
            return await upload.keep(mime), upload.digest

    def _taken(self) -> IO[bytes]:
        if self._file is None:
            raise BadRequestError("There is no file")
        return self._file

    async def _write(self, block: bytes) -> None:
        with _disk_errors():
            await asyncio.to_thread(self._taken().write, block)

    async def _blocks(self) -> AsyncIterator[bytes]:
        file = self._taken()
        file.seek(0)
        while block := await asyncio.to_thread(file.read, _BLOCK_BYTES):
            yield block


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        log.error("an archive can't be kept: %s", error, extra={"action": "archive.disk"})  # noqa: TRY400 - no bug
        raise UnavailableError("The disk for archives") from error
