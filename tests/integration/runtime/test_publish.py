"""Publishing to a real JetStream."""

from __future__ import annotations

import dataclasses

import pytest
from tests.support.streams import QUEUE, READER

from headrace_contracts.bus.definitions import StreamDefinition
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.errors import ApiError
from headrace_runtime.jetstream.publish import WINDOW, PubAck, PubError, PubErrorKind


async def test_every_message_gets_its_own_answer(js: JetStream) -> None:
    await js.ensure_stream(QUEUE)
    count = 2 * WINDOW + 100
    results = await js.publish_many([(f"testq.{number}", b"x" * 300, None, None) for number in range(count)])
    assert [result.seq for result in results if isinstance(result, PubAck)] == list(range(1, count + 1))


async def test_a_subject_that_has_its_message_is_already_there(js: JetStream) -> None:
    await js.ensure_stream(QUEUE)
    await js.publish_many([("testq.a", b"1", None, None)])
    results = await js.publish_many(
        [("testq.b", b"1", None, None), ("testq.a", b"2", None, None), ("testq.c", b"1", None, None)]
    )
    assert isinstance(results[0], PubAck)
    assert isinstance(results[1], PubError)
    assert results[1].already_there
    assert isinstance(results[2], PubAck)
    info = await js.nc.jsm().stream_info("TESTQ")
    assert info.state.messages == 3


async def test_a_message_id_is_stored_once(js: JetStream) -> None:
    await js.ensure_stream(StreamDefinition(name="IDS", subjects=("ids.>",), duplicate_window_s=60))
    message = ("ids.a", b"1", {"Headrace-Kind": "done"}, "event-1")
    [first] = await js.publish_many([message])
    [second] = await js.publish_many([message])
    assert first == PubAck(stream="IDS", seq=1)
    assert second == PubAck(stream="IDS", seq=1, duplicate=True)
    kept = await js.nc.jsm().get_msg("IDS", 1)
    assert kept.headers == {"Headrace-Kind": "done", "Nats-Msg-Id": "event-1"}


async def test_a_full_stream_says_so(js: JetStream) -> None:
    full = StreamDefinition(name="FULL", subjects=("full.>",), max_bytes=1000, discard_new=True)
    await js.ensure_stream(full)
    results = await js.publish_many([("full.a", b"x" * 700, None, None), ("full.b", b"x" * 700, None, None)])
    assert isinstance(results[0], PubAck)
    assert isinstance(results[1], PubError)
    assert results[1].kind is PubErrorKind.STORAGE_FULL
    assert results[1].retryable


async def test_what_no_stream_takes_and_what_is_too_large_is_told(js: JetStream) -> None:
    await js.ensure_stream(QUEUE)
    results = await js.publish_many(
        [
            ("nobody.listens", b"1", None, None),
            ("testq.big", b"x" * (js.nc.max_payload + 1), None, None),
            ("testq.fine", b"1", None, None),
        ]
    )
    assert isinstance(results[0], PubError)
    assert results[0].kind is PubErrorKind.UNAVAILABLE
    assert isinstance(results[1], PubError)
    assert results[1].kind is PubErrorKind.TOO_LARGE
    assert isinstance(results[2], PubAck)


async def test_definitions_may_be_ensured_again_and_changed(js: JetStream) -> None:
    for _ in range(2):
        await js.ensure_stream(QUEUE)
        await js.ensure_consumer(READER)
    await js.ensure_stream(dataclasses.replace(QUEUE, max_age_s=3600.0))
    await js.ensure_consumer(dataclasses.replace(READER, ack_wait_s=15.0, max_ack_pending=50))
    manager = js.nc.jsm()
    stream, consumer = await manager.stream_info("TESTQ"), await manager.consumer_info("TESTQ", "reader")
    assert stream.config.max_age == 3600.0
    assert stream.config.discard_new_per_subject is True
    assert stream.config.max_msgs_per_subject == 1
    assert (consumer.config.ack_wait, consumer.config.max_ack_pending) == (15.0, 50)
    assert consumer.config.max_deliver in {None, -1}


async def test_a_change_that_the_server_can_not_make_is_an_error(js: JetStream) -> None:
    await js.ensure_stream(QUEUE)
    with pytest.raises(ApiError, match=r"stream TESTQ: .*storage"):
        await js.ensure_stream(dataclasses.replace(QUEUE, storage="memory"))
