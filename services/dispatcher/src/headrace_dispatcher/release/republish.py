"""A release that WORK refused because the job's subject is taken: ours from before, or an older one?"""

from __future__ import annotations

import base64
import logging

import msgspec

from headrace_contracts.messages.codec import UndecodableError, decode
from headrace_contracts.messages.work import WorkMessage
from headrace_runtime.jetstream.admin import api
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.errors import ApiError
from headrace_runtime.jetstream.publish import Outgoing, PubAck, PubError

log = logging.getLogger(__name__)

_NO_MESSAGE = 10037


class _Stored(msgspec.Struct):
    seq: int
    data: str = ""


class _Got(msgspec.Struct):
    message: _Stored


class Republisher:
    """Decides by the epoch in the message that is there."""

    def __init__(self, js: JetStream) -> None:
        self._js = js

    async def settle(self, message: Outgoing, epoch: int) -> PubAck | PubError:
        """Make sure that the message of release ``epoch`` is the one in WORK.

        Raises JetStreamUnavailableError.
        """
        subject = message[0]
        there = await self._stored(subject)
        if there is not None:
            if _epoch_of(there) >= epoch:
                return PubAck(stream="WORK", seq=there.seq, duplicate=True)
            # Left over from a release whose attempt failed and was to be acked: the new one takes its place.
            await self.purge(subject)
        result: PubAck | PubError = (await self._js.publish_many([message]))[0]
        return result

    async def purge(self, subject: str) -> None:
        """Take the message of one job out of WORK."""
        await api(self._js.nc, "STREAM.PURGE.WORK", {"filter": subject}, what=f"purge of {subject}")
        log.info("purged %s", subject, extra={"action": "work.purged", "subject": subject})

    async def purge_older(self, subject: str, epoch: int) -> None:
        """Take the message of one job out of WORK if its release came before ``epoch``.

        Raises JetStreamUnavailableError or ApiError.
        """
        there = await self._stored(subject)
        if there is None or _epoch_of(there) >= epoch:
            return
        # Up to this message: one that a later release has published in the meantime stays.
        body = {"filter": subject, "seq": there.seq + 1}
        await api(self._js.nc, "STREAM.PURGE.WORK", body, what=f"purge of {subject}")
        log.info("purged %s", subject, extra={"action": "work.purged", "subject": subject})

    async def _stored(self, subject: str) -> _Stored | None:
        try:
            answer = await api(
                self._js.nc, "STREAM.MSG.GET.WORK", {"last_by_subj": subject}, what=f"message of {subject}"
            )
        except ApiError as error:
            if error.code == _NO_MESSAGE:
                return None
            raise
        return msgspec.json.decode(answer, type=_Got).message


def _epoch_of(stored: _Stored) -> int:
    """The release that a message belongs to; one that nobody can read is older than all."""
    try:
        return decode(base64.b64decode(stored.data), WorkMessage).epoch
    except UndecodableError:
        return -1
