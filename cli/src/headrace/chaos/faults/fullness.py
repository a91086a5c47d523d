"""JetStream's store is full: a stream of ours takes all that the server may store, and the server refuses the rest."""

from __future__ import annotations

import asyncio

import nats
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.api import StorageType, StreamConfig
from nats.js.errors import APIError

from headrace.chaos.schedule import Fault
from headrace.chaos.site.site import Site

#: From large to small, so that nothing fits in any more at the end.
_PIECES = (900_000, 16_000, 256)
_AGAIN_S = 0.2
_PATIENCE_S = 30.0


async def fill(site: Site, fault: Fault) -> None:
    """Fill it, keep it full for as long as the fault lasts, and make room again."""
    connection = await nats.connect(
        site.programs.nats.url, user=site.programs.nats.user, password=site.programs.nats.password
    )
    try:
        # The first large message that meets an empty queue of the client takes its time on a busy machine.
        jetstream = connection.jetstream(timeout=10)
        name = f"CHAOS_FILLER_{fault.number}"
        subject = f"chaos.filler.{fault.number}"
        await jetstream.add_stream(StreamConfig(name=name, subjects=[subject], storage=StorageType.FILE))
        try:
            async with asyncio.timeout(_PATIENCE_S):
                for size in _PIECES:
                    await _until_refused(jetstream, subject, size)
            over = asyncio.get_running_loop().time() + fault.lasts_s
            while asyncio.get_running_loop().time() < over:
                await _until_refused(jetstream, subject, _PIECES[-1])
                await asyncio.sleep(_AGAIN_S)
        finally:
            await jetstream.purge_stream(name)
            await jetstream.delete_stream(name)
    finally:
        await connection.close()


async def _until_refused(jetstream: JetStreamContext, subject: str, size: int) -> None:
    piece = bytes(size)
    while True:
        try:
            await jetstream.publish(subject, piece)
        except (APIError, NatsTimeoutError):
            return


async def _say_nothing(_error: Exception) -> None:
    """What goes wrong with the connection shows in the calls; the library would print it."""
