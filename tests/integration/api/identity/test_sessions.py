"""Logins hold everywhere, and end everywhere at once."""

from __future__ import annotations

import jwt
import pytest
from tests.support.replicas import KEY, Replica, replica

from headrace_api.core.errors import NotConfiguredError, UnauthorizedError
from headrace_store.accounts.accounts import Account, Accounts
from headrace_store.accounts.passwords import hash_password
from headrace_store.accounts.users import Users
from headrace_store.postgres import Pool
from headrace_store.sealed import SiteKey

EMAIL, PASSWORD = "ada@example.org", "a long enough password"


@pytest.fixture
async def account(pool: Pool) -> Account:
    account = await Accounts(pool).create("Ada", "operate")
    await Users(pool).create(account.id, EMAIL, hash_password(PASSWORD), "admin")
    return account


async def refused(check: object) -> None:
    with pytest.raises(UnauthorizedError):
        await check  # type: ignore[misc] # a coroutine


async def test_a_login_holds_on_every_replica(account: Account, one: Replica, two: Replica) -> None:
    login = await one.identity.login(EMAIL.upper(), PASSWORD, "127.0.0.1")
    principal = await two.identity.session(login.token)
    assert principal == login.principal
    assert (principal.account_id, principal.email, principal.role, principal.kind) == (
        account.id, EMAIL, "admin", "session",
    )  # fmt: skip


async def test_wrong_passwords_and_unknown_people_get_the_same_answer(account: Account, one: Replica) -> None:
    for email, password in ((EMAIL, "wrong"), ("eve@example.org", PASSWORD), ("\x00", PASSWORD), ("", "")):
        with pytest.raises(UnauthorizedError, match="Email or password incorrect"):
            await one.identity.login(email, password, None)


async def test_a_logout_ends_this_session_everywhere_and_no_other(
    account: Account, one: Replica, two: Replica
) -> None:
    here = await one.identity.login(EMAIL, PASSWORD, None)
    there = await two.identity.login(EMAIL, PASSWORD, None)
    await one.identity.logout(here.token)
    for each in (one, two):
        await refused(each.identity.session(here.token))
        await refused(each.identity.refresh(here.token))
        await refused(each.identity.logout(here.token))
        await each.identity.session(there.token)


async def test_an_expired_token_may_be_refreshed_for_seven_days(
    pool: Pool, account: Account, record_url: str
) -> None:
    async with replica(record_url, lasts_s=-10) as past, replica(record_url) as now:
        old = await past.identity.login(EMAIL, PASSWORD, None)
        await refused(now.identity.session(old.token))
        new = await now.identity.refresh(old.token)
        assert new.principal.session_id == old.principal.session_id
        await now.identity.session(new.token)
        await refused(now.identity.session(old.token))
    async with replica(record_url, lasts_s=-7 * 86_400 - 10) as past, replica(record_url) as now:
        older = await past.identity.login(EMAIL, PASSWORD, None)
        await refused(now.identity.refresh(older.token))


async def test_a_token_that_expired_long_ago_stays_dead_when_its_session_was_refreshed(
    account: Account, record_url: str
) -> None:
    async with replica(record_url, lasts_s=-6 * 86_400) as past, replica(record_url) as now:
        first = await past.identity.login(EMAIL, PASSWORD, None)
        await now.identity.refresh(first.token)
        claims = jwt.decode(first.token, SiteKey(KEY).sessions(), ["HS256"], options={"verify_exp": False})
        claims["exp"] -= 2 * 86_400
        await refused(now.identity.refresh(jwt.encode(claims, SiteKey(KEY).sessions(), "HS256")))


async def test_a_forged_token_is_refused(account: Account, one: Replica) -> None:
    login = await one.identity.login(EMAIL, PASSWORD, None)
    key = SiteKey(KEY).sessions()
    claims = jwt.decode(login.token, key, ["HS256"])
    head, body, signature = login.token.split(".")
    forged = [
        jwt.encode(claims, "", algorithm="none"),
        f"{jwt.encode(claims, '', algorithm='none')}{signature}",
        jwt.encode(claims, key * 2, algorithm="HS512"),
        jwt.encode(claims, SiteKey("another key of more than 32 characters").sessions(), algorithm="HS256"),
        jwt.encode({**claims, "iss": "else"}, key, algorithm="HS256"),
        jwt.encode({**claims, "sub": str(account.id)}, key, algorithm="HS256"),
        jwt.encode({**claims, "sid": "nothing"}, key, algorithm="HS256"),
        jwt.encode({name: value for name, value in claims.items() if name != "exp"}, key, algorithm="HS256"),
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body}",
        "nonsense",
        "ä.ö.ü",
        "",
        None,
    ]
    for token in forged:
        await refused(one.identity.session(token))
    await one.identity.session(jwt.encode(claims, key, algorithm="HS256"))


async def test_disabled_people_and_changed_passwords_end_sessions(
    pool: Pool, account: Account, one: Replica
) -> None:
    first = await one.identity.login(EMAIL, PASSWORD, None)
    assert await Users(pool).set_password(EMAIL, hash_password("another long password"))
    await refused(one.identity.session(first.token))
    second = await one.identity.login(EMAIL, "another long password", None)
    assert await Users(pool).set_disabled(EMAIL, disabled=True)
    await refused(one.identity.session(second.token))
    await refused(one.identity.refresh(second.token))
    await refused(one.identity.login(EMAIL, "another long password", None))


async def test_a_site_without_a_key_says_which_setting_it_lacks(account: Account, record_url: str) -> None:
    async with replica(record_url, None) as keyless:
        for call in (
            keyless.identity.login(EMAIL, PASSWORD, None),
            keyless.identity.session("token"),
            keyless.identity.refresh("token"),
            keyless.identity.logout("token"),
        ):
            with pytest.raises(NotConfiguredError, match="HEADRACE_SECRET_KEY"):
                await call
