"""What the bus clients do when the server goes away and comes back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from nats.aio.client import Client
from tests.support.servers import RealServer
from tests.support.streams import QUEUE, READER

from headrace.embedded.nats import NatsServer
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.errors import JetStreamUnavailableError
from headrace_runtime.jetstream.publish import PubAck, PubError, PubErrorKind
from headrace_runtime.nats import connect
from headrace_runtime.settings import NatsSettings


class Seen:
    """Counts the connection's ups and downs."""

    def __init__(self) -> None:
        self.lost = asyncio.Event()
        self.back = asyncio.Event()


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
async def own_nc(own_nats: RealServer[NatsServer], seen: Seen) -> AsyncIterator[Client]:
    client = await connect(
        NatsSettings(nats_url=own_nats.program.url),
        "restart test",
        on_disconnect=seen.lost.set,
        on_reconnect=seen.back.set,
    )
    yield client
    await client.close()


@pytest.fixture
async def own_js(own_nc: Client) -> AsyncIterator[JetStream]:
    js = await JetStream.open(own_nc)
    await js.ensure_stream(QUEUE)
    await js.ensure_consumer(READER)
    yield js
    await js.close()


@pytest.mark.parametrize("crash", [False, True])
async def test_a_fetch_that_waits_over_a_restart_ends_and_the_next_one_works(
    own_nats: RealServer[NatsServer],
    own_js: JetStream,
    seen: Seen,
    crash: bool,
) -> None:
    waiting = asyncio.create_task(own_js.fetch(READER, 1, expires_s=60))
    async with asyncio.timeout(30):
        while not (await own_js.nc.jsm().consumer_info("TESTQ", "reader")).num_waiting:
            pass
        await own_nats.restart(crash=crash)
        await seen.back.wait()
        assert await waiting == []  # long before its 60 seconds
        next_one = asyncio.create_task(own_js.fetch(READER, 1, expires_s=20))
        await own_js.publish_many([("testq.after", b"1", None, None)])
        [message] = await next_one
    assert message.subject == "testq.after"
    assert await own_js.ack_confirmed([message.reply]) == [True]


async def test_messages_survive_a_crash_and_so_does_everything_open(
    own_nats: RealServer[NatsServer], own_js: JetStream, seen: Seen
) -> None:
    stored = await own_js.publish_many([(f"testq.{n}", b"x", None, None) for n in range(50)])
    assert all(isinstance(result, PubAck) for result in stored)
    held = await own_js.fetch(READER, 10, expires_s=None)
    async with asyncio.timeout(30):
        await own_nats.restart(crash=True)
        await seen.back.wait()
        rest = await own_js.fetch(READER, 50, expires_s=20)
        # An ack from before the crash counts after it.
        assert all(await own_js.ack_confirmed([message.reply for message in held + rest]))
    assert {message.subject for message in held + rest} == {f"testq.{n}" for n in range(50)}
    assert (await own_js.nc.jsm().stream_info("TESTQ")).state.messages == 0


async def test_while_the_server_is_away_nothing_hangs(
    own_nats: RealServer[NatsServer], own_js: JetStream, seen: Seen
) -> None:
    await own_nats.kill()
    async with asyncio.timeout(15):
        await seen.lost.wait()
        with pytest.raises(JetStreamUnavailableError):
            await own_js.fetch(READER, 1, expires_s=None)
        assert await own_js.fetch(READER, 1, expires_s=0.3) == []
        [result] = await own_js.publish_many([("testq.a", b"1", None, None)])
        assert isinstance(result, PubError)
        assert result.kind is PubErrorKind.UNAVAILABLE
        assert await own_js.in_progress("$JS.ACK.TESTQ.reader.1.1.1.1.0") is False
        await own_nats.start()
        await seen.back.wait()
        [result] = await own_js.publish_many([("testq.a", b"1", None, None)])
    assert isinstance(result, PubAck)


async def test_a_publish_without_answer_times_out_and_says_so(
    own_nats: RealServer[NatsServer], own_js: JetStream
) -> None:
    import os
    import signal

    pid = own_nats.runner.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        [result] = await own_js.publish_many([("testq.a", b"1", None, None)], timeout_s=0.3)
        assert isinstance(result, PubError)
        assert result.kind is PubErrorKind.TIMEOUT
        assert await own_js.in_progress("$JS.ACK.TESTQ.reader.1.1.1.1.0", timeout_s=0.1) is False
    finally:
        os.kill(pid, signal.SIGCONT)
    [again] = await own_js.publish_many([("testq.a", b"1", None, None)])
    assert isinstance(again, PubError)
    assert again.already_there  # the first one had got through: sending it again did no harm


async def test_connect_waits_for_a_server_and_says_so(
    own_nats: RealServer[NatsServer], caplog: pytest.LogCaptureFixture
) -> None:
    await own_nats.stop()
    with caplog.at_level(logging.INFO, logger="headrace_runtime.nats"):
        connecting = asyncio.create_task(
            connect(NatsSettings(nats_url=own_nats.program.url.replace("//", "//ann:hush@")), "early")
        )
        async with asyncio.timeout(20):
            while not caplog.records:  # noqa: ASYNC110 - a log has no event to wait for
                await asyncio.sleep(0.01)
            await own_nats.start()
            client = await connecting
    await client.close()
    assert [record.__dict__["action"] for record in caplog.records] == ["nats.wait", "nats.connect"]
    assert own_nats.program.url in caplog.text
    assert "hush" not in caplog.text


async def test_errors_of_one_kind_are_logged_once_and_a_broken_hook_harms_nothing(
    own_nats: RealServer[NatsServer], caplog: pytest.LogCaptureFixture
) -> None:
    back = asyncio.Event()

    def broken() -> None:
        raise RuntimeError("hook")

    client = await connect(
        NatsSettings(nats_url=own_nats.program.url), "noisy", on_disconnect=broken, on_reconnect=back.set
    )
    with caplog.at_level(logging.INFO, logger="headrace_runtime.nats"):
        async with asyncio.timeout(30):
            await own_nats.kill()
            while client.server_pool[0].reconnects < 3:  # noqa: ASYNC110 - nats-py has no event for it
                await asyncio.sleep(0.01)
            await own_nats.start()
            await back.wait()
    refused = [record for record in caplog.records if "ConnectionRefused" in record.getMessage()]
    assert len(refused) == 1
    assert "nats.hook.error" in [record.__dict__["action"] for record in caplog.records]
    await client.close()


async def test_an_error_that_the_server_announces_is_survived(
    own_js: JetStream, seen: Seen, caplog: pytest.LogCaptureFixture
) -> None:
    # The server answers -ERR and hangs up, as it does to a slow consumer or an expired login; nats-py by itself
    # would close the connection for good.
    transport = own_js.nc._transport
    assert transport is not None
    transport.write(b"NONSENSE\r\n")
    async with asyncio.timeout(20):
        await seen.back.wait()
        [result] = await own_js.publish_many([("testq.a", b"1", None, None)])
    assert isinstance(result, PubAck)
    assert "unknown protocol operation" in caplog.text.lower()


async def test_what_is_not_permitted_is_reported_and_the_connection_stays(
    own_nc: Client, caplog: pytest.LogCaptureFixture
) -> None:
    await own_nc._process_err("'Permissions Violation for Publish to \"x\"'")
    assert own_nc.is_connected
    assert "Permissions Violation" in caplog.text
