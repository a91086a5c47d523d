"""Failed logins are slowed, for an e-mail address and for a network address, over all replicas."""

from __future__ import annotations

import asyncio

import pytest
from tests.support.replicas import Replica, replica

from headrace_api.core.errors import RateLimitedError, UnauthorizedError
from headrace_api.core.identity.brake import email_subject
from headrace_api.store.identity import RecordLeftovers
from headrace_store.accounts.accounts import Accounts
from headrace_store.accounts.failures import Patience
from headrace_store.accounts.passwords import hash_password
from headrace_store.accounts.users import Users
from headrace_store.postgres import Pool

EMAIL, PASSWORD, WRONG = "ada@example.org", "a long enough password", "wrong"


@pytest.fixture(autouse=True)
async def person(pool: Pool) -> None:
    account = await Accounts(pool).create("Ada", "operate")
    await Users(pool).create(account.id, EMAIL, hash_password(PASSWORD), "user")


async def outcome(
    where: Replica, email: str = EMAIL, password: str = WRONG, address: str | None = None
) -> str:
    try:
        await where.identity.login(email, password, address)
    except UnauthorizedError:
        return "wrong"
    except RateLimitedError as error:
        return f"wait {error.retry_after_s}"
    return "in"


async def later(pool: Pool, seconds: float) -> None:
    await pool.execute("UPDATE login_failures SET last_at = last_at - make_interval(secs => $1)", seconds)


async def test_the_sixth_attempt_waits_even_with_the_right_password_on_another_replica(
    pool: Pool, one: Replica, two: Replica
) -> None:
    assert [await outcome(one) for _ in range(5)] == ["wrong"] * 5
    assert await outcome(two, password=PASSWORD) == "wait 1"
    await later(pool, 1)
    assert await outcome(two, password=PASSWORD) == "in"
    assert await outcome(one) == "wrong", "the count began again"


async def test_the_wait_doubles_up_to_a_quarter_of_an_hour(pool: Pool, one: Replica) -> None:
    for _ in range(5):
        await outcome(one)
    waits = []
    for _ in range(12):
        answer = await outcome(one)
        waits.append(int(answer.removeprefix("wait ")))
        await later(pool, waits[-1])
        assert await outcome(one) == "wrong"
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


async def test_attempts_at_the_same_time_do_not_slip_through(one: Replica, two: Replica) -> None:
    answers = await asyncio.gather(*(outcome(each) for each in (one, two) * 10))
    assert answers.count("wrong") == 5


async def test_a_quiet_hour_forgets(pool: Pool, one: Replica) -> None:
    for _ in range(5):
        await outcome(one)
    assert (await outcome(one)).startswith("wait")
    await later(pool, 3601)
    assert [await outcome(one) for _ in range(5)] == ["wrong"] * 5


async def test_an_address_is_slowed_whoever_it_tries_to_be(record_url: str, one: Replica) -> None:
    async with replica(record_url, brake={"address": Patience(free=3)}) as strict:
        tried = [await outcome(strict, f"{n}@example.org", address="2001:db8::1") for n in range(3)]
        assert tried == ["wrong"] * 3
        assert (await outcome(strict, EMAIL, PASSWORD, "2001:db8::2")).startswith("wait")
        assert await outcome(strict, EMAIL, PASSWORD, "2001:db8:0:1::2") == "in"


async def test_people_behind_one_address_who_know_their_passwords_are_not_slowed(record_url: str) -> None:
    async with replica(record_url, brake={"address": Patience(free=2)}) as strict:
        assert [await outcome(strict, password=PASSWORD, address="10.0.0.1") for _ in range(4)] == ["in"] * 4


async def test_what_is_kept_shows_no_address_of_a_person_and_goes_after_a_while(
    pool: Pool, one: Replica
) -> None:
    await outcome(one, "a password in the wrong field")
    assert [row["subject"] for row in await pool.fetch("SELECT subject FROM login_failures")] == [
        email_subject("a password in the wrong field")
    ]
    await later(pool, 7300)
    await RecordLeftovers(pool).forget()
    assert await pool.fetchval("SELECT count(*) FROM login_failures") == 0
