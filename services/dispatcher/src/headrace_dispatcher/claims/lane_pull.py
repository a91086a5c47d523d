"""Claims that come at the same time share one pull: a message each."""

from __future__ import annotations

import asyncio
import logging

from headrace_contracts.bus.streams import lane_consumer
from headrace_contracts.jobs.lane import Lane
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.delivered import Delivered
from headrace_runtime.jetstream.errors import ConsumerGone, JetStreamUnavailableError

log = logging.getLogger(__name__)

#: A consumer that was just made does not answer for a moment.
_NEW_CONSUMER_S = (0.02, 0.1, 0.3)


class LanePull:
    """Hands out the next messages of lanes, one to each who asks."""

    def __init__(self, js: JetStream) -> None:
        self._js = js
        self._waiting: dict[tuple[Lane, float | None], list[asyncio.Future[Delivered | None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def one(self, lane: Lane, wait_s: float | None) -> Delivered | None:
        """The lane's next message, waiting at most ``wait_s`` (None: not at all).

        Raises JetStreamUnavailableError.
        """
        future: asyncio.Future[Delivered | None] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault((lane, wait_s), [])
        waiting.append(future)
        if len(waiting) == 1:
            task = asyncio.create_task(self._pull(lane, wait_s), name="lane pull")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await future

    async def _pull(self, lane: Lane, wait_s: float | None) -> None:
        await asyncio.sleep(0)  # whoever asks in the same turn of the loop comes along
        futures = self._waiting.pop((lane, wait_s))
        try:
            messages = await self._fetch(lane, len(futures), wait_s)
        except Exception as error:  # noqa: BLE001 -- raised where it was asked for
            for future in futures:
                if not future.done():
                    future.set_exception(error)
            return
        for future in futures:
            if not future.done():
                future.set_result(messages.pop(0) if messages else None)
        for message in messages:  # those who asked for them are gone
            await self._js.nak(message.reply, 0)

    async def _fetch(self, lane: Lane, count: int, wait_s: float | None) -> list[Delivered]:
        for pause_s in (*_NEW_CONSUMER_S, None):
            try:
                return await self._js.fetch(lane_consumer(lane), count, expires_s=wait_s)
            except ConsumerGone:
                break  # nothing was released in this lane yet
            except JetStreamUnavailableError:
                if pause_s is None or not self._js.nc.is_connected:
                    raise
                await asyncio.sleep(pause_s)
        return []
