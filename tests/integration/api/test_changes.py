"""The hub of changes over a real NATS: in order, each once, over restarts, and never more than fits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import pytest
from nats.aio.client import Client
from nats.errors import Error as NatsError
from tests.support.servers import RealServer
from tests.support.waiting import until

from headrace.embedded.nats import NatsServer
from headrace_api.bus.changes import JetStreamChanges
from headrace_api.core.changes import Changes
from headrace_api.core.watching import MAX_WAITING, Subscription, Watched, WatchEndedError
from headrace_contracts.bus import streams, subjects
from headrace_contracts.ids import new_id
from headrace_contracts.messages.changes import Change, ChangeKind
from headrace_contracts.messages.changes import Changes as ChangesMessage
from headrace_contracts.messages.codec import encode
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.publish import PubAck
from headrace_runtime.nats import connect
from headrace_runtime.settings import NatsSettings

OURS, THEIRS = new_id(), new_id()
JOB = new_id()


def change(text: str, *, account: UUID = OURS, job: UUID = JOB) -> Change:
    return Change(
        kind=ChangeKind.OUTPUT, id=job, account_id=account, at=datetime.now(UTC), stream="stdout", text=text
    )


async def publish(js: JetStream, *batches: Sequence[Change]) -> None:
    """Each batch as one message, surely stored."""
    for batch in batches:
        data = encode(ChangesMessage(changes=list(batch)))

        async def stored(data: bytes = data) -> bool:
            [ack] = await js.publish_many([(subjects.CHANGES, data, None, None)], timeout_s=2)
            return isinstance(ack, PubAck)

        await until(stored)


async def take(subscription: Subscription, count: int) -> list[Watched]:
    async with asyncio.timeout(20):
        return [await anext(subscription) for _ in range(count)]


def texts(found: Sequence[Watched]) -> list[str]:
    return [watched.change.text for watched in found]


@asynccontextmanager
async def hub(nc: Client) -> AsyncIterator[Changes]:
    stream = JetStreamChanges(nc)
    changes = Changes(stream)
    changes.start()
    try:
        yield changes
    finally:
        await changes.stop()
        await stream.close()


@pytest.fixture
async def changes(js: JetStream) -> AsyncIterator[Changes]:
    await js.ensure_stream(streams.CHANGES)
    async with hub(js.nc) as running:
        yield running


async def test_a_watcher_gets_its_own_account_s_changes_and_no_other(js: JetStream, changes: Changes) -> None:
    await publish(js, [change("before")])
    async with changes.subscribe(OURS) as ours, changes.subscribe(THEIRS) as theirs:
        await publish(js, [change("1"), change("x", account=THEIRS)], [change("2")])
        assert texts(await take(ours, 2)) == ["1", "2"]
        assert texts(await take(theirs, 1)) == ["x"]
        assert await ours.next(0.05) is None
        assert await theirs.next(0.05) is None


async def test_a_job_narrows_it(js: JetStream, changes: Changes) -> None:
    async with changes.subscribe(OURS, JOB) as one:
        await publish(js, [change("other", job=new_id()), change("mine")])
        assert texts(await take(one, 1)) == ["mine"]
        assert await one.next(0.05) is None


async def test_who_comes_back_gets_what_it_missed_each_once(js: JetStream, changes: Changes) -> None:
    async with changes.subscribe(OURS) as first:
        await publish(js, [change("0"), change("1"), change("2")])
        seen = await take(first, 2)
    await publish(js, *([change(str(n)), change("x", account=THEIRS)] for n in range(3, 100)))

    async def more() -> None:
        for n in range(100, 300):
            await publish(js, [change(str(n))])

    async with changes.subscribe(OURS, after=seen[-1].id) as again:
        publishing = asyncio.create_task(more())
        found = await take(again, 298)
        await publishing
        assert texts(found) == [str(n) for n in range(2, 300)]
        assert [each.position for each in found] == sorted({each.position for each in found})
        assert not again.gap
        assert await again.next(0.1) is None


async def test_it_says_when_the_stream_does_not_reach_back(js: JetStream, changes: Changes) -> None:
    async with changes.subscribe(OURS) as first:
        await publish(js, [change("0")])
        [seen] = await take(first, 1)
        await publish(js, [change("1")], [change("2")], [change("3")])
        await take(first, 3)
    await js.nc.jsm().purge_stream("CHANGES", keep=1)
    async with changes.subscribe(OURS, after=seen.id) as again:
        assert texts(await take(again, 1)) == ["3"]
        assert again.gap
    await js.nc.jsm().purge_stream("CHANGES")
    async with changes.subscribe(OURS, after=seen.id) as again:
        await until(lambda: _gap(again))
        await publish(js, [change("4")])
        assert texts(await take(again, 1)) == ["4"]


async def _gap(subscription: Subscription) -> bool:
    return subscription.gap


async def test_an_unread_watcher_is_dropped_and_others_go_on(js: JetStream, changes: Changes) -> None:
    async with changes.subscribe(OURS) as lazy, changes.subscribe(OURS) as eager:
        reading = asyncio.create_task(take(eager, MAX_WAITING + 100))
        for start in range(0, MAX_WAITING + 100, 100):
            await publish(js, [change(str(n)) for n in range(start, start + 100)])
        assert len(await reading) == MAX_WAITING + 100
        with pytest.raises(WatchEndedError) as ended:
            await lazy.next()
        assert ended.value.lagged


async def test_memory_is_bounded_by_bytes_too(js: JetStream, changes: Changes) -> None:
    async with changes.subscribe(OURS) as lazy:
        for _ in range(12):
            await publish(js, [change("x" * 400_000)])

        async def dropped() -> bool:
            return lazy._end is not None

        await until(dropped)
        with pytest.raises(WatchEndedError):
            await lazy.next()


async def test_a_slow_reader_of_old_changes_holds_back_the_replay(js: JetStream, changes: Changes) -> None:
    async with changes.subscribe(OURS) as first:
        await publish(js, [change("0")])
        [seen] = await take(first, 1)
    total = 3 * MAX_WAITING
    await publish(js, *([change(str(n)) for n in range(s, s + 50)] for s in range(0, total, 50)))
    async with changes.subscribe(OURS, after=seen.id) as again:
        async with asyncio.timeout(10):
            while len(again._queue) < MAX_WAITING // 2:  # noqa: ASYNC110 - it fills by itself
                await asyncio.sleep(0.01)
        assert texts(await take(again, total)) == [str(n) for n in range(total)]


async def test_the_end_of_the_hub_ends_its_watchers(js: JetStream) -> None:
    await js.ensure_stream(streams.CHANGES)
    async with hub(js.nc) as changes, changes.subscribe(OURS) as subscription:
        waiting = asyncio.create_task(subscription.next())
        await asyncio.sleep(0)
        await changes.stop()
        with pytest.raises(WatchEndedError) as ended:
            await waiting
        assert not ended.value.lagged


async def _consumers(nc: Client) -> int:
    try:
        return len(await nc.jsm().consumers_info("CHANGES"))
    except (NatsError, TimeoutError):
        return -1


async def test_nothing_is_read_while_nobody_watches(js: JetStream, changes: Changes) -> None:
    assert await _consumers(js.nc) == 0
    async with changes.subscribe(OURS, after="nonsense") as subscription:
        assert await _consumers(js.nc) <= 1
        await publish(js, [change("1")])
        assert texts(await take(subscription, 1)) == ["1"]
    await until(lambda: _consumers(js.nc), lambda count: count == 0)


@pytest.mark.parametrize("crash", [False, True])
async def test_watchers_outlive_a_restart_of_nats(own_nats: RealServer[NatsServer], crash: bool) -> None:
    nc = await connect(NatsSettings(nats_url=own_nats.program.url), "hub")
    js = await JetStream.open(nc)
    try:
        await js.ensure_stream(streams.CHANGES)
        async with hub(nc) as changes, changes.subscribe(OURS) as subscription:
            await publish(js, [change("1")])
            found = await take(subscription, 1)
            await own_nats.restart(crash=crash)
            await publish(js, [change("2")], [change("3")])
            found += await take(subscription, 2)
            assert texts(found)[-1] == "3"
            assert list(dict.fromkeys(texts(found))) == texts(found)
    finally:
        await js.close()
        await nc.close()


async def test_a_stream_that_was_made_again_is_read_from_its_start(js: JetStream, changes: Changes) -> None:
    async with changes.subscribe(OURS) as subscription:
        await publish(js, [change("1")], [change("2")])
        found = await take(subscription, 2)
        await js.nc.jsm().purge_stream("CHANGES")
        await js.nc.jsm().delete_stream("CHANGES")
        await js.ensure_stream(streams.CHANGES)
        await publish(js, [change("3")])
        assert texts(await take(subscription, 1)) == ["3"]
        async with changes.subscribe(OURS, after=found[-1].id) as again:
            assert texts(await take(again, 1)) == ["3"]
            assert again.gap
