"""What operators type, against a real record: each credential opens what it should, until it is revoked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.support.record import pool_of
from tests.support.servers import run_apart
from typer.testing import CliRunner, Result

from headrace.cli.app import app
from headrace_contracts.ids import hash_token
from headrace_store.accounts.keys import Keys, LiveKey
from headrace_store.accounts.passwords import check_password
from headrace_store.accounts.users import Users, UserSecret
from headrace_store.accounts.workers import WorkerOwner, Workers

Run = Callable[..., Result]


@pytest.fixture
def run(record_url: str) -> Run:
    runner = CliRunner()

    def ran(*args: str, status: int = 0, stdin: str = "") -> Result:
        result = runner.invoke(app, [*args, "--postgres-url", record_url], input=stdin)
        assert result.exit_code == status, result.output
        return result

    return ran


def as_json(result: Result) -> Any:
    return json.loads(result.stdout)


def live_keys(record_url: str, key: str) -> list[LiveKey]:
    async def ask() -> list[LiveKey]:
        async with pool_of(record_url) as pool:
            return await Keys(pool).live([hash_token(key)])

    return run_apart(ask())


def user(record_url: str, email: str) -> UserSecret | None:
    async def ask() -> UserSecret | None:
        async with pool_of(record_url) as pool:
            return await Users(pool).by_email(email)

    return run_apart(ask())


def worker(record_url: str, token: str) -> WorkerOwner | None:
    async def ask() -> WorkerOwner | None:
        async with pool_of(record_url) as pool:
            return await Workers(pool, silent_s=90).by_token(hash_token(token))

    return run_apart(ask())


def execute(record_url: str, statement: str) -> None:
    async def do() -> None:
        async with pool_of(record_url) as pool:
            await pool.execute(statement)

    run_apart(do())


def test_an_account_has_limits_until_they_are_taken_away(run: Run) -> None:
    run("accounts", "create", "Acme")
    said = run("accounts", "limit", "Acme", "--max-queued", "100").stdout
    assert said == "Acme has 0 jobs waiting; the limit is 100\nAcme has 0 jobs in motion, without a limit\n"
    run("accounts", "limit", "Acme", "--max-running", "4")
    [_, acme] = as_json(run("accounts", "list", "--json"))
    assert (acme["max_queued"], acme["max_running"]) == (100, 4)
    assert as_json(run("accounts", "limit", "Acme", "--max-queued", "none", "--json")) == {
        "id": acme["id"], "max_queued": None, "max_running": 4, "queued": 0, "running": 0,
    }  # fmt: skip
    refused = run("accounts", "limit", "Acme", "--max-running", "-1", status=1)
    assert "--max-running must be a whole number from 0 to 2147483647, or none" in refused.output


def test_an_account_with_a_plan_and_credits(run: Run) -> None:
    made = as_json(run("accounts", "create", "Acme", "--plan", "starter", "--json"))
    assert (made["name"], made["plan"], made["balance"]) == ("Acme", "starter", 0)
    run("accounts", "grant", "Acme", "30")
    assert as_json(run("accounts", "grant", made["id"], "12", "--json"))["balance"] == 42
    listed = as_json(run("accounts", "list", "--json"))
    assert [(each["name"], each["balance"]) for each in listed] == [("public", 0), ("Acme", 42)]
    assert "user_ref" not in listed[1], "a list shows no credentials"
    assert as_json(run("accounts", "show", "Acme", "--json"))["user_ref"] == made["user_ref"]
    assert "Acme" in run("accounts", "list").stdout


def test_a_key_is_shown_once_and_dead_when_revoked(run: Run, record_url: str) -> None:
    run("accounts", "create", "Acme")
    key = run("keys", "create", "--name", "ci", "--scope", "files", "--expires-in", "2h").stdout.strip()
    [found] = live_keys(record_url, key)
    assert (found.kind, found.scopes) == ("native", ["files"])
    listing = run("keys", "list")
    assert key not in listing.output
    assert str(found.id) in listing.stdout, "ids are never cut"
    assert key[:12] in listing.stdout
    run("keys", "revoke", str(found.id))
    assert live_keys(record_url, key) == []
    assert as_json(run("keys", "list", "--account", "Acme", "--json"))[0]["revoked_at"] is not None


def test_a_disabled_account_opens_nothing_until_it_is_enabled(run: Run, record_url: str) -> None:
    run("accounts", "create", "Acme")
    key = as_json(run("keys", "create", "--name", "ci", "--kind", "auraflux", "--json"))["key"]
    run("accounts", "disable", "Acme")
    assert live_keys(record_url, key) == []
    run("accounts", "enable", "Acme")
    assert [each.kind for each in live_keys(record_url, key)] == ["auraflux"]


def test_a_user_gets_a_password_and_loses_access(run: Run, record_url: str) -> None:
    run("accounts", "create", "Acme")
    run("users", "create", "Ada@Example.org", "--role", "admin", stdin="a long enough password\n")
    ada = user(record_url, "ada@example.org")
    assert ada is not None
    assert ada.role == "admin"
    assert check_password("a long enough password", ada.password_hash)
    made_up = run("users", "password", "ada@example.org", "--generate").stdout.strip()
    ada = user(record_url, "ada@example.org")
    assert ada is not None
    assert check_password(made_up, ada.password_hash)
    run("users", "disable", "ada@example.org")
    assert user(record_url, "ada@example.org") is None
    run("users", "enable", "ada@example.org")
    assert user(record_url, "ada@example.org") is not None
    assert [each["email"] for each in as_json(run("users", "list", "--json"))] == ["ada@example.org"]
    assert "password_hash" not in run("users", "list", "--json").stdout


def test_a_worker_is_registered_and_revoked(run: Run, record_url: str) -> None:
    run("accounts", "create", "Acme")
    made = as_json(run("workers", "create", "rig", "--platform", "linux-arm64", "--json"))
    assert made["token"].startswith("aw_")
    found = worker(record_url, made["token"])
    assert found is not None
    assert (str(found.id), found.dialect, found.platform) == (made["id"], "auralis", "linux-arm64")
    [listed] = as_json(run("workers", "list", "--status", "online", "--json"))
    assert (listed["name"], listed["presence"]) == ("rig", "online")
    assert as_json(run("workers", "list", "--tag", "gpu", "--json")) == []
    run("workers", "revoke", made["id"])
    assert worker(record_url, made["token"]) is None
    assert "no workers" in run("workers", "list").stdout


def test_an_agent_token_is_made_listed_and_revoked(run: Run, record_url: str) -> None:
    made = as_json(run("agents", "token", "create", "gpu-7", "--json"))
    [listed] = as_json(run("agents", "token", "list", "--json"))
    assert (listed["id"], listed["name"], listed["revoked_at"]) == (made["id"], "gpu-7", None)
    run("agents", "token", "revoke", made["id"])
    assert as_json(run("agents", "token", "list", "--json"))[0]["revoked_at"] is not None


NOBODY = str(UUID(int=7, version=4))


@pytest.mark.parametrize(
    ("args", "way_out"),
    [
        (("accounts", "create", "x", "--plan", "gold"), "the plans are starter, operate, guided"),
        (("accounts", "grant", "nobody", "5"), "`headrace accounts list`"),
        (("accounts", "grant", "two", "5"), "give the id instead"),
        (("accounts", "disable", "public"), "HEADRACE_RADIANCE_PUBLIC"),
        (("keys", "create", "--name", "x"), "name one with --account"),
        (("keys", "create", "--name", "x", "--account", "one", "--kind", "y"), "--kind must be one of"),
        (("keys", "create", "--name", "x", "--account", "one", "--scope", "all"), "the scopes are jobs:read"),
        (("keys", "create", "--name", "x", "--account", "one", "--expires-in", "soon"), "write 30m, 12h"),
        (("keys", "revoke", NOBODY), "`headrace keys list`"),
        (("users", "create", "ada", "--account", "one", "--generate"), "name@example.org"),
        (("users", "create", "a@b.c", "--account", "one"), "8 to 1024 characters"),
        (("users", "create", "a@b.c", "--account", "one", "--role", "king", "--generate"), "admin, user"),
        (("users", "disable", "a@b.c"), "`headrace users list`"),
        (("workers", "create", "w", "--account", "one", "--dialect", "x"), "auralis, jobserver"),
        (("workers", "create", "w", "--account", "one", "--platform", "mips"), "linux-arm64"),
        (("workers", "list", "--status", "asleep"), "online, offline, error"),
        (("workers", "revoke", NOBODY), "`headrace workers list`"),
        (("agents", "token", "revoke", "x"), "`headrace agents token list`"),
    ],
)
def test_a_refusal_says_the_way_out(run: Run, args: tuple[str, ...], way_out: str) -> None:
    for name in ("one", "two", "two"):
        run("accounts", "create", name)
    result = run(*args, status=1)
    assert way_out in result.stderr
    assert result.stdout == ""


def test_a_name_that_is_taken(run: Run) -> None:
    run("accounts", "create", "one")
    run("users", "create", "a@b.c", "--generate")
    assert "`headrace users password a@b.c`" in run("users", "create", "a@b.c", "--generate", status=1).stderr
    run("workers", "create", "w", "--dialect", "jobserver")
    assert "revoke it first" in run("workers", "create", "w", "--dialect", "jobserver", status=1).stderr
    run("workers", "create", "w"), run("workers", "create", "w")


def test_a_record_that_is_not_migrated_or_not_there(empty_database: str, tmp_path: Path) -> None:
    runner = CliRunner()
    for where, way_out in (
        (("--postgres-url", empty_database), "python -m headrace_store migrate"),
        (("--postgres-url", "postgresql://x:secret@127.0.0.1:1/x"), "can't reach the record at 127.0.0.1:1"),
        (("--postgres-url", "mysql://x"), "no URL of a Postgres"),
        (("--state-dir", str(tmp_path)), "headrace up"),
    ):
        result = runner.invoke(app, ["accounts", "list", *where])
        assert result.exit_code == 1
        assert way_out in result.stderr
        assert "secret" not in result.output
