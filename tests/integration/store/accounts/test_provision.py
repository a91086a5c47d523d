"""The first account is made once, with all that opens it, and what people changed since stays."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.support.record import pool_of

from headrace_contracts.ids import hash_token
from headrace_store.accounts.accounts import Accounts
from headrace_store.accounts.keys import Keys
from headrace_store.accounts.passwords import check_password, hash_password
from headrace_store.accounts.users import Users
from headrace_store.provision import Admin, FirstAccount, FirstDestination, provision
from headrace_store.sealed import SiteKey, WrongKeyError

ACCOUNT = UUID("00000000-0000-7000-8000-000000000002")
KEY = SiteKey("a-site-key-that-only-the-tests-know-0123456789")


def first(**changes: Any) -> FirstAccount:
    plain = FirstAccount(
        id=ACCOUNT,
        name="development",
        plan="operate",
        user_ref=UUID("9b9d5d66-52ea-4a77-9c1e-2f4a4c1a6ef1"),
        credits=1000,
        keys={"native": "hr_live_one", "auraflux": "af_live_two"},
        admin=Admin(email="admin@localhost", password="a long enough password"),
        destinations=[destination(9000)],
    )
    return msgspec.structs.replace(plain, **changes)


def destination(port: int) -> FirstDestination:
    return FirstDestination(
        name="archive",
        platform="s3",
        config={"endpoint_url": f"http://127.0.0.1:{port}", "bucket": "headrace"},
        secret={"access_key": "KEY", "secret_key": f"secret of {port}"},
    )


async def test_everything_is_there_and_works(record_url: str) -> None:
    await provision(record_url, first(), KEY)
    async with pool_of(record_url) as pool:
        account = await Accounts(pool).get(ACCOUNT)
        assert account is not None
        assert (account.user_ref, account.balance, account.plan) == (first().user_ref, 1000, "operate")
        keys = await Keys(pool).live([hash_token("hr_live_one"), hash_token("af_live_two")])
        assert sorted(key.kind for key in keys) == ["auraflux", "native"]
        admin = await Users(pool).by_email("admin@localhost")
        assert admin is not None
        assert admin.role == "admin"
        assert check_password("a long enough password", admin.password_hash)
        row = await pool.fetchrow("SELECT * FROM destinations")
        assert row is not None
        assert msgspec.json.decode(row["config"]) == destination(9000).config
        assert b"secret of 9000" not in row["secret"]
        assert KEY.destinations().open_fields(row["id"], row["secret"]) == destination(9000).secret
        other = SiteKey("another key that has enough characters")
        with pytest.raises(WrongKeyError, match="HEADRACE_SECRET_KEY"):
            other.destinations().open_fields(row["id"], row["secret"])


async def test_a_second_time_changes_nothing_but_the_destinations(record_url: str) -> None:
    await provision(record_url, first(), KEY)
    async with pool_of(record_url) as pool:
        await Accounts(pool).grant(ACCOUNT, -400)
        await Users(pool).set_password("admin@localhost", hash_password("what the admin chose"))
        await pool.execute("UPDATE api_keys SET revoked_at = now() WHERE kind = 'native'")
        destination_id = await pool.fetchval("SELECT id FROM destinations")
        await asyncio.gather(
            *(provision(record_url, first(destinations=[destination(9001)]), KEY) for _ in "ab")
        )
        account = await Accounts(pool).get(ACCOUNT)
        assert account is not None
        assert account.balance == 600
        admin = await Users(pool).by_email("admin@localhost")
        assert admin is not None
        assert check_password("what the admin chose", admin.password_hash)
        assert [key.kind for key in await Keys(pool).live([hash_token("hr_live_one")])] == []
        rows = await pool.fetch("SELECT * FROM destinations")
        assert [row["id"] for row in rows] == [destination_id]
        assert KEY.destinations().open_fields(rows[0]["id"], rows[0]["secret"]) == destination(9001).secret


async def test_nothing_is_made_when_something_fails(record_url: str) -> None:
    with pytest.raises(ValueError, match="e-mail"):
        await provision(record_url, first(admin=Admin(email="nobody", password="x" * 20)), KEY)
    async with pool_of(record_url) as pool:
        assert await Accounts(pool).get(ACCOUNT) is None


def test_no_secret_is_shown() -> None:
    text = repr(first())
    assert "long enough" not in text
    assert "hr_live" not in text
    assert "long enough" not in repr(first().admin)
    assert "secret of" not in repr(first().destinations)
