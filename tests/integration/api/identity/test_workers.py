"""Machines of an account: registered, seen, listed, let go."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.support.record import insert, new_job
from tests.support.replicas import Replica

from headrace_api.core.errors import (
    ConflictError,
    NotFoundError,
    UnauthorizedError,
    UnavailableError,
    ValidationError,
)
from headrace_api.core.identity.principal import WorkerPrincipal
from headrace_api.core.workers import WorkerDesk
from headrace_api.store.workers import RecordWorkers
from headrace_contracts.ids import hash_token
from headrace_contracts.messages.codec import encode
from headrace_contracts.messages.requests import Answer, AnswerReply, WorkerRequest
from headrace_store.accounts.accounts import Account, Accounts
from headrace_store.accounts.workers import NewWorker, Worker, WorkerQuery
from headrace_store.postgres import Pool


class Dispatcher:
    def __init__(self) -> None:
        self.asked: list[WorkerRequest] = []
        self.away = False

    async def worker(self, request: WorkerRequest) -> AnswerReply:
        encode(request)  # it would go over the wire
        self.asked.append(request)
        if self.away:
            raise UnavailableError("The dispatcher")
        return AnswerReply(answer=Answer.OK)


@pytest.fixture
def dispatcher() -> Dispatcher:
    return Dispatcher()


@pytest.fixture
def desk(pool: Pool, dispatcher: Dispatcher) -> WorkerDesk:
    return WorkerDesk(RecordWorkers(pool, silent_s=90), dispatcher, check_in_s=30)


@pytest.fixture
async def account(pool: Pool) -> Account:
    return await Accounts(pool).create("Ada", "operate")


def new(account: Account, name: str = "rig", **more: Any) -> NewWorker:
    fields = {"dialect": "jobserver", "platform": "any", "token_prefix": "jw_", **more}
    return NewWorker(account_id=account.id, name=name, **fields)


async def hold(pool: Pool, worker: Worker) -> UUID:
    """A job that the worker has claimed."""
    [job_id] = await insert(pool, [new_job()])
    await pool.execute(
        "INSERT INTO leases (job_id, fence, lease_s, expires_at, worker_id) VALUES ($1, 1, 90, now(), $2)",
        job_id,
        worker.id,
    )
    return job_id


async def silent(pool: Pool, worker: Worker, seconds: float) -> None:
    await pool.execute(
        "UPDATE workers SET seen_at = now() - make_interval(secs => $2) WHERE id = $1", worker.id, seconds
    )


async def test_a_registered_worker_is_known_by_its_token_everywhere(
    pool: Pool, desk: WorkerDesk, account: Account, one: Replica, two: Replica
) -> None:
    metadata = {"osType": "Windows", "nested": {"ä": [1, None]}}
    worker, token = await desk.register(
        new(account, hostname="desk", cpu_count=8, memory_mb=16384, metadata=metadata, tags=["test"])
    )
    assert token.startswith("jw_")
    assert (worker.metadata, worker.tags, worker.presence, worker.held) == (metadata, ["test"], "online", [])
    for each in (one, two):
        principal = await each.identity.worker(token, "jobserver")
        assert (principal.worker_id, principal.account_id, principal.name) == (worker.id, account.id, "rig")
        assert len(principal.claim_token) == 64
        assert principal.claim_token != hash_token(token).hex()
        with pytest.raises(UnauthorizedError):
            await each.identity.worker(token, "auralis")
    stored = await pool.fetchrow("SELECT * FROM workers")
    assert stored is not None
    assert token not in repr(list(stored.values()))


async def test_a_name_registers_once_in_an_account_until_it_is_deleted(
    pool: Pool, desk: WorkerDesk, account: Account, one: Replica
) -> None:
    other = await Accounts(pool).create("Eve", "operate")
    answers = await asyncio.gather(*(desk.register(new(account)) for _ in range(5)), return_exceptions=True)
    assert [type(answer) for answer in answers].count(ConflictError) == 4
    await desk.register(new(other))
    [(worker, token)] = [answer for answer in answers if not isinstance(answer, BaseException)]
    await desk.delete(account.id, name="rig")
    with pytest.raises(UnauthorizedError):
        await one.identity.worker(token, "jobserver")
    again, _ = await desk.register(new(account))
    assert again.id != worker.id
    for _ in range(2):
        await desk.register(new(account, dialect="auralis", token_prefix="aw_"))


async def test_a_heartbeat_is_kept_and_renews_the_claims(
    pool: Pool, desk: WorkerDesk, account: Account, one: Replica, dispatcher: Dispatcher
) -> None:
    worker, token = await desk.register(new(account))
    principal = await one.identity.worker(token, "jobserver")
    await silent(pool, worker, 80)
    await desk.heartbeat(principal, "busy", 42)
    seen = await desk.get(account.id, name="rig")
    assert (seen.status, seen.jobs_completed, seen.presence) == ("busy", 42, "online")
    assert (datetime.now(UTC) - seen.seen_at).total_seconds() < 20
    assert dispatcher.asked == [WorkerRequest(worker=worker.id)]
    await desk.heartbeat(principal, "idle")
    assert (await desk.get(account.id, name="rig")).jobs_completed == 42
    await desk.delete(account.id, worker_id=worker.id)
    with pytest.raises(UnauthorizedError):
        await desk.heartbeat(principal, "idle")


async def test_a_worker_is_offline_after_three_silent_check_ins_and_back_with_its_next_call(
    pool: Pool, desk: WorkerDesk, account: Account, one: Replica, dispatcher: Dispatcher
) -> None:
    worker, token = await desk.register(new(account))
    await silent(pool, worker, 89)
    assert (await desk.get(account.id, worker_id=worker.id)).presence == "online"
    await silent(pool, worker, 91)
    assert (await desk.get(account.id, worker_id=worker.id)).presence == "offline"
    dispatcher.away = True  # no reason to refuse the call
    await desk.alive(await one.identity.worker(token, "jobserver"))
    assert (await desk.get(account.id, worker_id=worker.id)).presence == "online"
    assert desk.lease_s == 90


async def test_deleting_gives_the_jobs_back(
    pool: Pool, desk: WorkerDesk, account: Account, dispatcher: Dispatcher
) -> None:
    worker, _ = await desk.register(new(account))
    job_id = await hold(pool, worker)
    gone = await desk.delete(account.id, name="rig")
    assert gone.held == [job_id]
    [asked] = dispatcher.asked
    assert (asked.worker, asked.gone) == (worker.id, True)
    with pytest.raises(NotFoundError):
        await desk.delete(account.id, name="rig")


async def test_a_worker_is_deleted_even_while_no_dispatcher_answers(
    desk: WorkerDesk, account: Account, dispatcher: Dispatcher
) -> None:
    await desk.register(new(account))
    dispatcher.away = True
    await desk.delete(account.id, name="rig")
    with pytest.raises(NotFoundError):
        await desk.get(account.id, name="rig")


async def test_a_stranger_sees_no_worker(pool: Pool, desk: WorkerDesk, account: Account) -> None:
    stranger = await Accounts(pool).create("Eve", "operate")
    worker, _ = await desk.register(new(account))
    for where in ({"worker_id": worker.id}, {"name": "rig"}, {"worker_id": uuid4()}, {}):
        with pytest.raises(NotFoundError):
            await desk.get(stranger.id, **where)
        with pytest.raises(NotFoundError):
            await desk.delete(stranger.id, **where)
    assert (await desk.listed(WorkerQuery(account_id=stranger.id))).total == 0
    assert (await desk.get(account.id, worker_id=worker.id)).id == worker.id


async def test_what_a_worker_holds(pool: Pool, desk: WorkerDesk, account: Account, one: Replica) -> None:
    worker, token = await desk.register(new(account))
    held = sorted([await hold(pool, worker), await hold(pool, worker)])
    principal: WorkerPrincipal = await one.identity.worker(token, "jobserver")
    assert await desk.held(principal) == held
    assert (await desk.get(account.id, name="rig")).held == held


async def fleet(pool: Pool, desk: WorkerDesk, account: Account) -> None:
    for name, cpus, tags in (
        ("b", 4, ["gpu", "test"]),
        ("a", 16, ["gpu"]),
        ("d", None, []),
        ("c", 8, ["test"]),
    ):
        await desk.register(new(account, name, cpu_count=cpus, tags=tags))
    await silent(pool, await desk.get(account.id, name="c"), 200)
    await pool.execute("UPDATE workers SET status = 'error' WHERE name = 'd'")


@pytest.mark.parametrize(
    ("wish", "names"),
    [
        ({}, "badc"),
        ({"sort": "name"}, "abcd"),
        ({"sort": "name", "descending": True}, "dcba"),
        ({"sort": "cpu_count"}, "bcad"),
        ({"descending": True}, "cdab"),
        ({"presences": ["online"]}, "ba"),
        ({"presences": ["offline", "error"], "sort": "name"}, "cd"),
        ({"tags": ["gpu"]}, "ba"),
        ({"tags": ["gpu", "test"]}, "b"),
        ({"presences": ["online"], "tags": ["test"]}, "b"),
        ({"presences": []}, ""),
        ({"dialect": "auralis"}, ""),
    ],
)
async def test_lists_filter_by_all_conditions_and_sort(
    pool: Pool, desk: WorkerDesk, account: Account, wish: dict[str, Any], names: str
) -> None:
    await fleet(pool, desk, account)
    page = await desk.listed(WorkerQuery(account_id=account.id, **wish))
    assert "".join(worker.name for worker in page.workers) == names
    assert page.total == len(names)


async def test_pages_know_the_total(pool: Pool, desk: WorkerDesk, account: Account) -> None:
    await fleet(pool, desk, account)
    for limit, offset, names in ((2, 0, "ab"), (2, 2, "cd"), (2, 9, ""), (0, 0, "")):
        page = await desk.listed(WorkerQuery(account_id=account.id, sort="name", limit=limit, offset=offset))
        assert ("".join(worker.name for worker in page.workers), page.total) == (names, 4)


async def test_a_list_that_can_not_be_made_says_why(desk: WorkerDesk, account: Account) -> None:
    with pytest.raises(ValidationError) as refused:
        await desk.listed(
            WorkerQuery(account_id=account.id, presences=["asleep"], sort="token_hash", limit=1001, offset=-1)
        )
    assert [problem.field for problem in refused.value.problems] == ["status", "sort", "limit", "offset"]
