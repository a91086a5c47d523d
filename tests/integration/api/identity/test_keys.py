"""Keys of programs, account references and tokens of workers: good until they are not, on every replica."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from tests.support.replicas import Replica

from headrace_api.core.errors import NotFoundError, UnauthorizedError, ValidationError
from headrace_api.core.keys import ApiKeys
from headrace_api.store.keys import RecordKeys
from headrace_contracts.ids import hash_token
from headrace_contracts.scopes import DEFAULT_SCOPES
from headrace_store.accounts.accounts import Account, Accounts
from headrace_store.accounts.keys import Keys, KeyWish, NewKey
from headrace_store.postgres import Pool


@pytest.fixture
async def account(pool: Pool) -> Account:
    return await Accounts(pool).create("Ada", "operate")


async def made(pool: Pool, account: Account, kind: str = "native", **more: object) -> NewKey:
    return await ApiKeys(RecordKeys(pool)).create(account.id, kind=kind, name="ci", **more)  # type: ignore[arg-type] # a test's shorthand


async def test_a_key_opens_its_own_kind_and_says_what_it_may(
    pool: Pool, account: Account, one: Replica
) -> None:
    new = await made(pool, account, per_minute=7, scopes=["jobs:read"])
    assert new.key.startswith("hr_live_")
    assert len(new.key) >= len("hr_live_") + 43, "256 bits in URL-safe base64"
    principal = await one.identity.api_key(new.key, "native")
    assert (principal.account_id, principal.plan, principal.key_id) == (
        account.id,
        "operate",
        new.record.id,
    )
    assert (principal.scopes, principal.per_minute, principal.per_hour) == (
        frozenset({"jobs:read"}),
        7,
        None,
    )
    with pytest.raises(UnauthorizedError):
        await one.identity.api_key(new.key, "auraflux")


async def test_the_record_never_has_the_key_itself(pool: Pool, account: Account) -> None:
    new = await made(pool, account)
    row = await pool.fetchrow("SELECT * FROM api_keys")
    assert row is not None
    assert row["key_hash"] == hash_token(new.key)
    assert new.key not in repr(list(row.values()))
    assert new.record.hint == new.key[:12]
    assert new.record.scopes == list(DEFAULT_SCOPES)


async def test_a_revoked_key_is_dead_at_once_on_every_replica(
    pool: Pool, account: Account, one: Replica, two: Replica
) -> None:
    new = await made(pool, account)
    for each in (one, two):
        await each.identity.api_key(new.key, "native")
    await ApiKeys(RecordKeys(pool)).revoke(account.id, new.record.id)
    for each in (one, two):
        with pytest.raises(UnauthorizedError):
            await each.identity.api_key(new.key, "native")


async def test_expired_unknown_and_missing_keys_and_disabled_accounts_open_nothing(
    pool: Pool, account: Account, one: Replica
) -> None:
    late = await Keys(pool).create(
        KeyWish(
            account_id=account.id,
            kind="native",
            name="late",
            scopes=["files"],
            expires_at=datetime.now(UTC) - timedelta(seconds=1),
        )
    )
    good = await made(pool, account)
    for key in (late.key, "hr_live_" + "x" * 43, good.key[:-1], good.key + "x", "", None, "hr_live_" * 1000):
        with pytest.raises(UnauthorizedError):
            await one.identity.api_key(key, "native")
    await Accounts(pool).set_disabled(account.id, disabled=True)
    with pytest.raises(UnauthorizedError):
        await one.identity.api_key(good.key, "native")
    with pytest.raises(UnauthorizedError):
        await one.identity.user_ref(str(account.user_ref))


async def test_many_keys_at_once_get_each_its_own_answer(pool: Pool, one: Replica) -> None:
    accounts = [await Accounts(pool).create(f"account {number}", "operate") for number in range(20)]
    keys = [await made(pool, account) for account in accounts]
    asked = [(number, keys[number].key) for number in range(20)] * 10
    found = await asyncio.gather(*(one.identity.api_key(key, "native") for _, key in asked))
    assert [each.account_id for each in found] == [accounts[number].id for number, _ in asked]


async def test_only_the_account_itself_sees_and_revokes_its_keys(pool: Pool, account: Account) -> None:
    stranger = await Accounts(pool).create("Eve", "operate")
    new = await made(pool, account)
    desk = ApiKeys(RecordKeys(pool))
    assert [key.id for key in await desk.listed(account.id)] == [new.record.id]
    assert await desk.listed(stranger.id) == []
    for key_id in (new.record.id, uuid4(), None):
        with pytest.raises(NotFoundError):
            await desk.revoke(stranger.id, key_id)


async def test_every_problem_of_a_wish_is_told(pool: Pool, account: Account) -> None:
    with pytest.raises(ValidationError) as refused:
        await ApiKeys(RecordKeys(pool)).create(
            account.id,
            kind="gold",
            name=" ",
            scopes=["jobs:read", "all"],
            expires_at=datetime.now(UTC) - timedelta(days=1),
            per_minute=0,
            per_hour=-1,
        )
    assert [problem.field for problem in refused.value.problems] == [
        "kind", "name", "scopes", "expires_at", "per_minute", "per_hour",
    ]  # fmt: skip


async def test_the_use_of_a_key_is_written_once_a_minute(pool: Pool, account: Account, one: Replica) -> None:
    new = await made(pool, account)

    async def used() -> datetime | None:
        stored: datetime | None = await pool.fetchval("SELECT last_used_at FROM api_keys")
        return stored

    await one.identity.api_key(new.key, "native")
    assert await used() is None, "nothing is written on a request's path"
    await one.use.flush()
    first = await used()
    assert first is not None
    await one.identity.api_key(new.key, "native")
    await one.use.flush()
    assert await used() == first
    await pool.execute("UPDATE api_keys SET last_used_at = now() - interval '61 seconds'")
    await one.identity.api_key(new.key, "native")
    await one.use.flush()
    again = await used()
    assert again is not None
    assert again > first


async def test_an_account_is_found_by_its_reference_only(account: Account, one: Replica) -> None:
    principal = await one.identity.user_ref(str(account.user_ref))
    assert (principal.account_id, principal.kind, principal.key_id) == (account.id, "user_ref", None)
    for text in (str(account.id), str(uuid4()), "", None, "user-123", "\x00" * 36):
        with pytest.raises(UnauthorizedError):
            await one.identity.user_ref(text)
