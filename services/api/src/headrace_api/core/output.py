"""What jobs write while they run: the first part in the record, the rest in S3, read back as one text."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from headrace_api.core.claims import Claim
from headrace_api.core.errors import UnavailableError
from headrace_api.core.jobs import refuse
from headrace_api.core.ports import BlobStore, Dispatcher, Jobs
from headrace_contracts.jobs.view import JobView
from headrace_contracts.messages.requests import Answer, AnswerReply, ReportKind, ReportRequest
from headrace_store.blobs.errors import BlobError, BlobNotFoundError
from headrace_store.jobs.find import OutputChunk

log = logging.getLogger(__name__)

STREAMS: Final = ("stdout", "stderr")
#: One report: as JSON, with every character escaped, it still fits into a NATS message of 1 MiB.
_PIECE_BYTES: Final = 128 * 1024
#: Chunks that are looked at for one reading.
_MAX_CHUNKS: Final = 20_000
#: Objects that are fetched at once.
_FETCHES: Final = 8
_REMEMBERED: Final = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputText:
    """The end of an output; ``truncated``: there was more before it than was asked for."""

    text: str
    truncated: bool


class Output:
    """Takes it in for the holder of a claim, and gives it to the owner of the job."""

    def __init__(self, jobs: Jobs, dispatcher: Dispatcher, blobs: BlobStore) -> None:
        self._jobs = jobs
        self._dispatcher = dispatcher
        self._blobs = blobs
        #: What the record still keeps of an attempt, as last heard. Only a hint that spares a question.
        self._left: OrderedDict[tuple[UUID, int], int] = OrderedDict()

    async def append(self, claim: Claim, stream: str, text: str) -> None:
        """Keep more of ``stream`` (stdout or stderr), and renew the claim.

        Raises JobNotFoundError, WrongTokenError, WrongStateError (the job has ended) or UnavailableError.
        """
        for piece in pieces(storable(text).encode(), _PIECE_BYTES):
            if len(piece) <= self._left.get((claim.id, claim.fence), len(piece)):
                reply = await self._report(claim, stream, piece)
                if reply.answer is not Answer.FULL:
                    refuse(reply)
                    continue
            await self._put_aside(claim, stream, piece)

    async def read(self, view: JobView, stream: str | None = None, *, limit: int) -> OutputText:
        """The last ``limit`` bytes of the current or last attempt's output. Raises UnavailableError."""
        chunks = await self._jobs.output(view.id, stream=stream, after=-1, limit=_MAX_CHUNKS)
        wanted, size = [], 0
        for chunk in reversed(chunks):
            if size >= limit:
                break
            wanted.append(chunk)
            size += _size(chunk)
        data = b"".join([chunk.text.encode() for chunk in await self.whole(wanted[::-1])])
        cut = len(data) > limit or len(wanted) < len(chunks) or len(chunks) == _MAX_CHUNKS
        return OutputText(text=data[-limit:].decode("utf-8", "ignore"), truncated=cut)

    async def chunks(
        self, view: JobView, *, stream: str | None = None, after: int = -1, limit: int = 100
    ) -> list[OutputChunk]:
        """Chunks with numbers greater than ``after``, each with its text. Raises UnavailableError."""
        return await self.whole(await self._jobs.output(view.id, stream=stream, after=after, limit=limit))

    async def _put_aside(self, claim: Claim, stream: str, piece: bytes) -> None:
        """What the record does not keep goes to S3; the record has its place."""
        key = f"results/{claim.id}/output/attempt-{claim.fence}/{secrets.token_hex(8)}-{stream}.txt"
        try:
            await self._blobs.put(key, piece, "text/plain")
        except BlobError as error:
            raise UnavailableError("The file store") from error
        refuse(await self._report(claim, stream, piece, ref=key))

    async def _report(self, claim: Claim, stream: str, piece: bytes, ref: str | None = None) -> AnswerReply:
        reply = await self._dispatcher.report(
            ReportRequest(
                id=claim.id,
                token_hash=claim.token_hash,
                kind=ReportKind.OUTPUT,
                stream=stream,
                text=piece.decode(),
                ref=ref,
                size=len(piece) if ref is not None else 0,
            )
        )
        if reply.output_left is not None:
            self._left[claim.id, claim.fence] = reply.output_left
            self._left.move_to_end((claim.id, claim.fence))
            while len(self._left) > _REMEMBERED:
                self._left.popitem(last=False)
        return reply

    async def whole(self, chunks: Sequence[OutputChunk]) -> list[OutputChunk]:
        """Each with its text, wherever that lies. Raises UnavailableError."""
        gate = asyncio.Semaphore(_FETCHES)

        async def whole(chunk: OutputChunk) -> OutputChunk:
            if chunk.ref is None:
                return chunk
            async with gate:
                return replace(chunk, text=await self._fetch(chunk.ref))

        return list(await asyncio.gather(*(whole(chunk) for chunk in chunks)))

    async def _fetch(self, key: str) -> str:
        try:
            return (await self._blobs.get(key, limit=_PIECE_BYTES)).decode("utf-8", "replace")
        except BlobNotFoundError:
            log.warning("output %s is gone", key, extra={"action": "output.gone"})
            return ""
        except (BlobError, ValueError) as error:
            raise UnavailableError("The output") from error


def storable(text: str) -> str:
    """``text`` as it is kept: the record takes no NUL, and no half of a surrogate pair."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    """``data``, which is UTF-8, in pieces of at most ``size`` bytes that are UTF-8 each."""
    start = 0
    while start < len(data):
        end = min(start + size, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:  # in the middle of a character
            end -= 1
        yield data[start:end]
        start = end


def _size(chunk: OutputChunk) -> int:
    return chunk.size if chunk.ref is not None else len(chunk.text.encode())
