"""`headrace dead-letters` as people type it, before a real API."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from tests.support.dead_letters import dead_letter
from tests.support.record import pool_of
from tests.support.servers import run_apart
from tests.support.site import Site, SiteAccount
from typer.testing import CliRunner, Result

from headrace.cli.app import app

Run = Callable[..., Result]


@pytest.fixture
def account(site: Site) -> SiteAccount:
    return run_apart(site.account())


@pytest.fixture
def run(site: Site, account: SiteAccount) -> Run:
    runner = CliRunner()

    def ran(*args: str, status: int = 0, key: str = account.native_key) -> Result:
        result = runner.invoke(app, ["dead-letters", *args, "--url", site.url, "--key", key])
        assert result.exit_code == status, result.output
        return result

    return ran


@pytest.fixture
def letters(site: Site, account: SiteAccount) -> list[str]:
    """Two that crashed and one that was lost, oldest first."""

    async def make() -> list[str]:
        async with pool_of(site.record_url) as pool:
            made = [await dead_letter(pool, account.id, code=code) for code in ("crash", "crash", "lost")]
        return [f"job_{job_id.hex}" for job_id in made]

    return run_apart(make())


def listed(run: Run, *args: str) -> list[str]:
    page = json.loads(run("list", "--json", *args).stdout)
    return [each["job_id"] for each in page["dead_letters"]]


def test_they_are_listed_and_looked_at(run: Run, letters: list[str]) -> None:
    table = run("list", "--code", "crash").stdout.splitlines()
    assert table[0].split() == ["job", "failed", "model", "code", "attempts", "reason"]
    assert [line.split()[0] for line in table[1:]] == letters[1::-1]
    assert listed(run) == letters[::-1]
    assert listed(run, "--model", "noop") == []
    assert listed(run, "--since", "1h", "--pool", "text-generation") == letters[::-1]
    assert "no dead letters" in run("list", "--code", "timeout").stdout
    shown = run("show", letters[0]).stdout
    assert "crash: it is broken" in shown
    assert "attempt 1 on agent-1" in shown
    assert "  | line of attempt 2" in shown
    assert len(json.loads(run("show", letters[0], "--json").stdout)["runs"]) == 2


def test_one_is_replayed_once(run: Run, letters: list[str]) -> None:
    old, new = run("replay", letters[0]).stdout.split()
    assert old == letters[0]
    again = run("replay", letters[0], letters[1], status=1)
    assert f"{letters[0]}: This dead letter was replayed already" in again.stderr
    assert again.stdout.split()[0] == letters[1], "the others are tried all the same"
    assert new in run("show", letters[0]).stdout
    assert listed(run) == [letters[2]]


def test_many_are_replayed_or_discarded_by_what_they_are(run: Run, letters: list[str]) -> None:
    done = run("replay", "--code", "crash", "-n", "1")
    assert done.stdout.split()[0] == letters[0]
    assert "1 replayed, 0 failed, 1 remain" in done.stderr
    assert run("discard", letters[1]).stdout.split() == [letters[1]]
    gone = run("discard", "--all")
    assert (gone.stdout.split(), "1 discarded, 0 remain" in gone.stderr) == ([letters[2]], True)
    assert listed(run) == []


@pytest.mark.parametrize("command", ["replay", "discard"])
def test_which_are_meant_must_be_said_in_one_way(run: Run, letters: list[str], command: str) -> None:
    assert "name jobs" in run(command, status=2).output
    assert "name jobs" in run(command, letters[0], "--all", status=2).output
    assert "no span of time" in run(command, "--since", "soon", status=2).output
    assert listed(run) == letters[::-1]


def test_operators_act_on_those_of_all(run: Run, site: Site, letters: list[str]) -> None:
    operator = run_apart(site.account()).native_key
    assert "not found" in run("show", letters[0], status=1, key=operator).stderr
    found = run("list", "--all-accounts", "-n", "3", key=operator).stdout
    assert all(letter in found for letter in letters)
    assert run("replay", letters[0], "--all-accounts", key=operator).stdout.split()[0] == letters[0]
    assert listed(run) == letters[:0:-1]
