"""Fetching from a real JetStream."""

from __future__ import annotations

import asyncio
import dataclasses
import time

import pytest
from tests.support.streams import QUEUE, READER

from headrace_contracts.bus.definitions import ConsumerDefinition
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.delivered import Delivered
from headrace_runtime.jetstream.errors import ConsumerGone, JetStreamError
from headrace_runtime.jetstream.publish import PubAck


@pytest.fixture(autouse=True)
async def _stream(js: JetStream) -> None:
    await js.ensure_stream(QUEUE)
    await js.ensure_consumer(READER)


async def put(js: JetStream, *names: str) -> None:
    results = await js.publish_many([(f"testq.{name}", name.encode(), None, None) for name in names])
    assert [result for result in results if not isinstance(result, PubAck)] == []
    # The server tells its consumers of a stored message a moment after it has told the publisher.
    manager = js.nc.jsm()
    stored = (await manager.stream_info("TESTQ")).state.messages
    async with asyncio.timeout(10):
        while True:
            info = await manager.consumer_info("TESTQ", "reader")
            if (info.num_pending or 0) + (info.num_ack_pending or 0) >= stored:
                return


def names(messages: list[Delivered]) -> list[str]:
    return [message.data.decode() for message in messages]


async def pull_waits(js: JetStream) -> None:
    """Return when the server holds a waiting pull."""
    async with asyncio.timeout(10):
        while not (await js.nc.jsm().consumer_info("TESTQ", "reader")).num_waiting:
            pass


async def test_no_wait_returns_what_is_there_in_order(js: JetStream) -> None:
    assert await js.fetch(READER, 5, expires_s=None) == []
    await put(js, "a", "b", "c")
    first = await js.fetch(READER, 2, expires_s=None)
    assert names(first) == ["a", "b"]
    assert names(await js.fetch(READER, 5, expires_s=None)) == ["c"]
    assert [message.subject for message in first] == ["testq.a", "testq.b"]
    assert [message.stream_seq for message in first] == [1, 2]
    assert first[0].num_delivered == 1
    assert abs(first[0].timestamp.timestamp() - time.time()) < 60
    assert js.inbox.waiting == 0


async def test_a_waiting_fetch_returns_with_the_first_message(js: JetStream) -> None:
    waiting = asyncio.create_task(js.fetch(READER, 10, expires_s=30))
    await pull_waits(js)
    await put(js, "late")
    async with asyncio.timeout(10):
        assert names(await waiting)[0] == "late"


async def test_a_waiting_fetch_comes_back_empty_after_its_time(js: JetStream) -> None:
    for expires_s in (0.3, 2.5):  # without and with heartbeats
        began = time.monotonic()
        assert await js.fetch(READER, 1, expires_s=expires_s) == []
        assert expires_s - 0.1 <= time.monotonic() - began < expires_s + 1.5


async def test_fetches_side_by_side_share_out_every_message_once(js: JetStream) -> None:
    expected = [f"m{number}" for number in range(200)]
    await put(js, *expected)
    parts = await asyncio.gather(*(js.fetch(READER, 7, expires_s=None) for _ in range(40)))
    got = [name for part in parts for name in names(part)]
    assert sorted(got) == sorted(expected)
    assert js.fetcher.strays == 0


async def test_a_message_for_a_cancelled_fetch_comes_again_at_once(js: JetStream) -> None:
    waiting = asyncio.create_task(js.fetch(READER, 1, expires_s=30))
    await pull_waits(js)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await put(js, "a")  # the server still holds the pull and answers it
    async with asyncio.timeout(5):
        while js.fetcher.strays == 0:  # noqa: ASYNC110 - a counter has no event to wait for
            await asyncio.sleep(0.01)
    async with asyncio.timeout(5):
        got = await js.fetch(READER, 1, expires_s=4)
    assert names(got) == ["a"]
    assert got[0].num_delivered >= 2
    assert js.fetcher.strays == 1


async def test_acked_messages_are_gone_and_naked_ones_come_after_their_delay(js: JetStream) -> None:
    await put(js, "a", "b", "c")
    a, b, c = await js.fetch(READER, 3, expires_s=None)
    assert await js.ack_confirmed([a.reply]) == [True]
    await js.term(c.reply, "no use")
    began = time.monotonic()
    await js.nak(b.reply, 0.5)
    assert await js.fetch(READER, 3, expires_s=None) == []
    again = await js.fetch(READER, 3, expires_s=10)
    assert names(again) == ["b"]
    assert time.monotonic() - began >= 0.45
    assert again[0].num_delivered == 2
    await js.ack_many([again[0].reply])
    async with asyncio.timeout(
        10
    ):  # these acks are not confirmed, so the stream is looked at until it is empty
        while (await js.nc.jsm().stream_info("TESTQ")).state.messages:
            pass


async def test_in_progress_keeps_a_message_beyond_its_ack_wait(js: JetStream) -> None:
    short = dataclasses.replace(READER, ack_wait_s=1.0)
    await js.ensure_consumer(short)
    await put(js, "a")
    [message] = await js.fetch(short, 1, expires_s=None)
    for _ in range(6):
        assert await js.fetch(short, 1, expires_s=0.4) == []
        assert await js.in_progress(message.reply)
    [again] = await js.fetch(short, 1, expires_s=10)  # nobody keeps it any more
    assert again.num_delivered == 2


async def test_many_acks_are_confirmed_together(js: JetStream) -> None:
    await put(js, *(f"m{number}" for number in range(500)))
    messages = await js.fetch(READER, 500, expires_s=None)
    assert await js.ack_confirmed([message.reply for message in messages]) == [True] * 500
    info = await js.nc.jsm().stream_info("TESTQ")
    assert info.state.messages == 0


async def test_a_consumer_that_does_not_exist_is_gone(js: JetStream) -> None:
    stranger = ConsumerDefinition(stream="TESTQ", name="stranger")
    with pytest.raises(ConsumerGone, match="stranger"):
        await js.fetch(stranger, 1, expires_s=None)
    with pytest.raises(ConsumerGone):
        await js.fetch(stranger, 1, expires_s=5)


async def test_a_waiting_fetch_hears_that_its_consumer_was_deleted(js: JetStream) -> None:
    waiting = asyncio.create_task(js.fetch(READER, 1, expires_s=30))
    await pull_waits(js)
    await js.nc.jsm().delete_consumer("TESTQ", "reader")
    async with asyncio.timeout(10):
        with pytest.raises(ConsumerGone, match="Consumer Deleted"):
            await waiting


async def test_a_consumer_that_may_not_give_more_answers_empty(js: JetStream) -> None:
    narrow = dataclasses.replace(READER, max_ack_pending=1)
    await js.ensure_consumer(narrow)
    await put(js, "a", "b")
    [first] = await js.fetch(narrow, 2, expires_s=None)
    assert await js.fetch(narrow, 1, expires_s=None) == []
    waiting = asyncio.create_task(js.fetch(narrow, 1, expires_s=30))
    await js.ack_confirmed([first.reply])
    async with asyncio.timeout(10):
        assert names(await waiting) == ["b"]


async def test_a_definition_that_the_server_refuses_is_an_error(js: JetStream) -> None:
    second = dataclasses.replace(READER, name="second")
    with pytest.raises(JetStreamError, match=r"consumer second of stream TESTQ: .* \(JetStream error \d+\)"):
        await js.ensure_consumer(second)  # a work queue has one consumer a subject


async def test_a_pull_that_asks_for_too_much_is_an_error(js: JetStream) -> None:
    manager = js.nc.jsm()
    await manager.delete_consumer("TESTQ", "reader")
    await js.nc.request(
        "$JS.API.CONSUMER.CREATE.TESTQ.reader",
        b'{"stream_name":"TESTQ","config":{"durable_name":"reader","ack_policy":"explicit","max_batch":2}}',
    )
    with pytest.raises(JetStreamError, match="Exceeded MaxRequestBatch"):
        await js.fetch(READER, 3, expires_s=None)
