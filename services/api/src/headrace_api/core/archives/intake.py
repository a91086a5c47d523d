"""A project's archive on its way in: to disk, looked into, then to S3."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from headrace_api.core.archives.check import check_archive
from headrace_api.core.archives.limits import ArchiveError, ArchiveLimits
from headrace_api.core.errors import BadRequestError, OverloadedError, TooLargeError, UnavailableError
from headrace_api.core.uploads import Uploads
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
    #: How long one may wait for a slot, in seconds.
    slot_wait_s: float = 30.0
    #: Archives that are unpacked at once: each takes a core for a while.
    checks: int = 2
    #: None = the system's folder for temporary files.
    folder: Path | None = None


class Arrival:
    """One archive at most: ``receive`` it, ``check`` it, ``store`` it."""

    def __init__(
        self, file: IO[bytes], settings: IntakeSettings, uploads: Uploads, turn: asyncio.Semaphore
    ) -> None:
        self._file = file
        self._settings = settings
        self._uploads = uploads
        self._turn = turn
        self._size = 0
        self._name: str | None = None

    @property
    def received(self) -> bool:
        return self._name is not None

    async def receive(self, chunks: AsyncIterator[bytes], *, filename: str | None) -> None:
        """Take it to disk. Raises TooLargeError at the first byte too many, BadRequestError for a second file."""
        if self._name is not None:
            raise BadRequestError("Send one file only: field 'file' stands twice")
        self._name = safe_filename(filename, "project")
        block = bytearray()
        async for chunk in chunks:
            self._size += len(chunk)
            if self._size > self._settings.max_bytes:
                raise TooLargeError(self._settings.max_bytes)
            block += chunk
            if len(block) >= _BLOCK_BYTES:
                await self._write(bytes(block))
                block.clear()
        await self._write(bytes(block))

    async def check(self) -> str:
        """Its canonical type. Raises BadRequestError with the reason why it is not taken."""
        try:
            async with self._turn:
                return await asyncio.to_thread(self._check)
        except ArchiveError as error:
            raise BadRequestError(f"The archive is not taken: {error}") from None

    async def store(self, key: str, mime: str) -> tuple[InputRef, bytes]:
        """Put it into S3; with its SHA-256. Raises UnavailableError while the store is away."""
        async with self._uploads.upload() as upload:
            await upload.receive(
                self._blocks(),
                key=key,
                filename=self.name,
                content_type=mime,
                max_bytes=self._settings.max_bytes,
            )
            return await upload.keep(mime), upload.digest

    @property
    def name(self) -> str:
        return self._name or ""

    def _check(self) -> str:
        return check_archive(self._file, self._size, self._settings.limits)

    async def _write(self, block: bytes) -> None:
        try:
            await asyncio.to_thread(self._file.write, block)
        except OSError as error:
            log.error("an archive can't be kept: %s", error, extra={"action": "archive.disk"})  # noqa: TRY400 - no bug
            raise UnavailableError("The disk for archives") from error

    async def _blocks(self) -> AsyncIterator[bytes]:
        self._file.seek(0)
        while block := await asyncio.to_thread(self._file.read, _BLOCK_BYTES):
            yield block


class ArchiveIntake:
    """Takes archives in, as many at once as the disk and the cores allow."""

    def __init__(self, settings: IntakeSettings, uploads: Uploads) -> None:
        self._uploads = uploads
        self.settings = settings
        self._slots = asyncio.Semaphore(settings.slots)
        self._turn = asyncio.Semaphore(settings.checks)

    @asynccontextmanager
    async def arrival(self) -> AsyncIterator[Arrival]:
        """What it left on disk is gone at the end of the block. Raises OverloadedError, UnavailableError."""
        try:
            async with asyncio.timeout(self.settings.slot_wait_s):
                await self._slots.acquire()
        except TimeoutError:
            raise OverloadedError(retry_after_s=5) from None
        try:
            with self._open() as file:
                yield Arrival(file, self.settings, self._uploads, self._turn)
        finally:
            self._slots.release()

    def _open(self) -> IO[bytes]:
        try:
            return tempfile.TemporaryFile(prefix="headrace-project-", dir=self.settings.folder)
        except OSError as error:
            log.error("no archive can be kept: %s", error, extra={"action": "archive.disk"})  # noqa: TRY400 - no bug
            raise UnavailableError("The disk for archives") from error
