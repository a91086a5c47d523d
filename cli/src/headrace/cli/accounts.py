"""`headrace accounts`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from headrace.cli.listing import print_json, print_table
from headrace.cli.record import JsonOption, RecordOption, RefusedError, StateOption, on_record
from headrace_contracts.ids import parse_id
from headrace_contracts.plans import DEFAULT_PLAN, PLANS
from headrace_store.accounts.accounts import UNCHANGED, Account, AccountLoad, Accounts, Unchanged
from headrace_store.postgres import Connection

#: Of dialects whose client routes need no key; it has no credentials.
_PUBLIC = UUID("00000000-0000-7000-8000-000000000001")

#: What Postgres has room for.
_MOST = 2**31 - 1

app = typer.Typer(help="Accounts, their plans, credits and limits.", no_args_is_help=True)

AccountOption = Annotated[
    str | None, typer.Option("--account", help="Id or name; not needed while there is one only.")
]
AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Id or name.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="For people.")],
    plan: Annotated[str, typer.Option(help=f"One of {', '.join(PLANS)}.")] = DEFAULT_PLAN,
    as_json: JsonOption = False,
    postgres_url: RecordOption = None,
    state_dir: StateOption = None,
) -> None:
    """Make an account."""

    async def work(connection: Connection) -> Account:
        if not name.strip() or not name.isprintable():
            raise RefusedError("NAME must have at least one printable character")
        try:
            return await Accounts(connection).create(name.strip(), plan)
        except ValueError as error:
            raise RefusedError(f"--plan: {error}") from error

    account = on_record(work, postgres_url=postgres_url, state_dir=state_dir)
    _show(account, as_json=as_json)


@app.command(name="list")
def list_(
    as_json: JsonOption = False, postgres_url: RecordOption = None, state_dir: StateOption = None
) -> None:
    """All accounts, the oldest first."""

    async def work(connection: Connection) -> list[Account]:
        return await Accounts(connection).listed()

    accounts = on_record(work, postgres_url=postgres_url, state_dir=state_dir)
    if as_json:
        print_json([_without_reference(account) for account in accounts])
        return
    print_table(
        ("id", "name", "plan", "credits", "max queued", "max running", "created", "disabled"),
        [
            (a.id, a.name, a.plan, a.balance, a.max_queued, a.max_running, a.created_at, a.disabled_at)
            for a in accounts
        ],
        none="no accounts",
    )


@app.command()
def show(
    account: AccountArgument,
    as_json: JsonOption = False,
    postgres_url: RecordOption = None,
    state_dir: StateOption = None,
) -> None:
    """One account, with the user_id that opens it in the auralis dialect."""

    async def work(connection: Connection) -> Account:
        return await find_account(connection, account)

    _show(on_record(work, postgres_url=postgres_url, state_dir=state_dir), as_json=as_json)


@app.command()
def grant(
    account: AccountArgument,
    credits_: Annotated[int, typer.Argument(metavar="CREDITS", min=1, max=1_000_000_000)],
    as_json: JsonOption = False,
    postgres_url: RecordOption = None,
    state_dir: StateOption = None,
) -> None:
    """Give an account credits."""

    async def work(connection: Connection) -> tuple[Account, int]:
        found = await find_account(connection, account)
        return found, await Accounts(connection).grant(found.id, credits_)

    found, balance = on_record(work, postgres_url=postgres_url, state_dir=state_dir)
    if as_json:
        print_json({"id": found.id, "balance": balance})
    else:
        typer.echo(f"{found.name} has {balance} credits now")


@app.command()
def limit(
    account: AccountArgument,
    max_queued: Annotated[
        str | None, typer.Option("--max-queued", metavar="N|none", help="Jobs that may wait.")
    ] = None,
    max_running: Annotated[
        str | None,
        typer.Option("--max-running", metavar="N|none", help="Jobs in motion; further ones wait."),
    ] = None,
    as_json: JsonOption = False,
    postgres_url: RecordOption = None,
    state_dir: StateOption = None,
) -> None:
    """Limit what an account may have waiting and in motion; `none` takes a limit away, from the next job on."""

    async def work(connection: Connection) -> tuple[Account, AccountLoad]:
        found = await find_account(connection, account)
        accounts = Accounts(connection)
        await accounts.set_limits(
            found.id,
            max_queued=_count("--max-queued", max_queued),
            max_running=_count("--max-running", max_running),
        )
        changed = await accounts.get(found.id)
        return changed or found, await accounts.load(found.id)

    found, load = on_record(work, postgres_url=postgres_url, state_dir=state_dir)
    if as_json:
        limits = {"max_queued": found.max_queued, "max_running": found.max_running}
        print_json({"id": found.id, **limits, "queued": load.queued, "running": load.running})
        return
    typer.echo(f"{found.name} has {load.queued} jobs waiting{_of(found.max_queued)}")
    typer.echo(f"{found.name} has {load.running} jobs in motion{_of(found.max_running)}")


def _count(option: str, text: str | None) -> int | Unchanged | None:
    """Raises RefusedError."""
    if text is None:
        return UNCHANGED
    if text.strip().lower() == "none":
        return None
    if not text.strip().isdecimal() or int(text) > _MOST:
        raise RefusedError(f"{option} must be a whole number from 0 to {_MOST}, or none")
    return int(text)


def _of(limit: int | None) -> str:
    return ", without a limit" if limit is None else f"; the limit is {limit}"


@app.command()
def disable(
    account: AccountArgument, postgres_url: RecordOption = None, state_dir: StateOption = None
) -> None:
    """Let no credential of the account open anything, from now on; `enable` takes it back."""
    _set_disabled(account, postgres_url, state_dir, disabled=True)


@app.command()
def enable(
    account: AccountArgument, postgres_url: RecordOption = None, state_dir: StateOption = None
) -> None:
    """Let the account's credentials open what they did before it was disabled."""
    _set_disabled(account, postgres_url, state_dir, disabled=False)


def _set_disabled(account: str, postgres_url: str | None, state_dir: StateOption, *, disabled: bool) -> None:
    async def work(connection: Connection) -> Account:
        found = await find_account(connection, account)
        if found.id == _PUBLIC:
            raise RefusedError(
                "the public account has no credentials to disable; set HEADRACE_RADIANCE_PUBLIC=false to ask clients "
                "for a key"
            )
        await Accounts(connection).set_disabled(found.id, disabled=disabled)
        return found

    found = on_record(work, postgres_url=postgres_url, state_dir=state_dir)
    typer.echo(f"{found.name} is {'disabled' if disabled else 'enabled'}")


async def find_account(connection: Connection, text: str | None) -> Account:
    """By id or name; None means the only one that there is beside the public one. Raises RefusedError."""
    accounts = await Accounts(connection).listed()
    if text is None:
        own = [account for account in accounts if account.id != _PUBLIC]
        if len(own) == 1:
            return own[0]
        if not own:
            raise RefusedError("there is no account yet: make one with `headrace accounts create NAME`")
        raise RefusedError(
            f"there are {len(own)} accounts: name one with --account (`headrace accounts list` shows them)"
        )
    wanted = parse_id(text.strip())
    found = [account for account in accounts if account.id == wanted or account.name == text.strip()]
    if len(found) == 1:
        return found[0]
    if found:
        raise RefusedError(f"{len(found)} accounts are named {text!r}: give the id instead")
    raise RefusedError(f"there is no account {text!r}; `headrace accounts list` shows those that there are")


def account_names(accounts: list[Account]) -> dict[UUID, str]:
    return {account.id: account.name for account in accounts}


def _show(account: Account, *, as_json: bool) -> None:
    if as_json:
        print_json(account)
        return
    print_table(
        ("", ""),
        [
            ("id", account.id),
            ("name", account.name),
            ("plan", account.plan),
            ("user_id", account.user_ref),
            ("credits", account.balance),
            ("max queued", account.max_queued),
            ("max running", account.max_running),
            ("created", account.created_at),
            ("disabled", account.disabled_at),
        ],
        none="",
    )


def _without_reference(account: Account) -> dict[str, object]:
    """The reference is a credential: `show` has it, a list that goes into a log has not."""
    return {
        "id": account.id,
        "name": account.name,
        "plan": account.plan,
        "balance": account.balance,
        "max_queued": account.max_queued,
        "max_running": account.max_running,
        "created_at": account.created_at,
        "disabled_at": account.disabled_at,
    }
