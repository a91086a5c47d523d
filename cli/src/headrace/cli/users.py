"""`headrace users`."""

from __future__ import annotations

import secrets
import sys
from typing import Annotated
from uuid import UUID

import asyncpg
import typer

from headrace.cli.accounts import AccountOption, account_names, find_account
from headrace.cli.listing import print_json, print_table, secret_once
from headrace.cli.record import JsonOption, RecordOption, RefusedError, StateOption, on_record
from headrace_store.accounts.accounts import Accounts
from headrace_store.accounts.passwords import MAX_CHARS, hash_password
from headrace_store.accounts.users import ROLES, User, Users, normal_email
from headrace_store.postgres import Connection

app = typer.Typer(help="People who log in with an e-mail address and a password.", no_args_is_help=True)

EmailArgument = Annotated[str, typer.Argument(metavar="EMAIL")]
GenerateOption = Annotated[bool, typer.Option("--generate", help="Make a password up, and show it once.")]


@app.command()
def create(
    email: EmailArgument,
    account: AccountOption = None,
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")] = "user",
    generate: GenerateOption = False,
    as_json: JsonOption = False,
    postgres_url: RecordOption = None,
    state_dir: StateOption = None,
) -> None:
    """Make a person. The password is asked for, or read from standard input when that is no terminal."""
    password = _password(generate=generate)

    async def work(connection: Connection) -> User:
        if role not in ROLES:
            raise RefusedError(f"--role must be one of {', '.join(ROLES)}")
        owner = await find_account(connection, account)
        try:
            return await Users(connection).create(owner.id, _email(email), _hashed(password), role)
        except asyncpg.UniqueViolationError as error:
            raise RefusedError(
                f"{email} is there already; `headrace users password {email}` gives a new password"
            ) from error

    user = on_record(work, postgres_url=postgres_url, state_dir=state_dir)
    _told(user, password, generate=generate, as_json=as_json)


@app.command()
def password(
    email: EmailArgument,
    generate: GenerateOption = False,
    postgres_url: RecordOption = None,
    state_dir: StateOption = None,
) -> None:
    """Give a person a new password, and end all their sessions."""
    new = _password(generate=generate)

    async def work(connection: Connection) -> None:
        if not await Users(connection).set_password(_email(email), _hashed(new)):
            raise _unknown(email)

    on_record(work, postgres_url=postgres_url, state_dir=state_dir)
    if generate:
        secret_once(f"password of {email}", new)
    else:
        typer.echo(f"{email} has a new password")


@app.command(name="list")
def list_(
    account: Annotated[str | None, typer.Option("--account", help="Id or name; else all.")] = None,
    as_json: JsonOption = False,
    postgres_url: RecordOption = None,
    state_dir: StateOption = None,
) -> None:
    """People, the oldest first."""

    async def work(connection: Connection) -> tuple[list[User], dict[UUID, str]]:
        owner = None if account is None else (await find_account(connection, account)).id
        names = account_names(await Accounts(connection).listed())
        return await Users(connection).listed(owner), names

    users, names = on_record(work, postgres_url=postgres_url, state_dir=state_dir)
    if as_json:
        print_json(users)
        return
    print_table(
        ("id", "email", "account", "role", "created", "disabled"),
        [(u.id, u.email, names[u.account_id], u.role, u.created_at, u.disabled_at) for u in users],
        none="no users",
    )


@app.command()
def disable(email: EmailArgument, postgres_url: RecordOption = None, state_dir: StateOption = None) -> None:
    """Let a person log in no more, and end all their sessions, at once; `enable` takes it back."""
    _set_disabled(email, postgres_url, state_dir, disabled=True)


@app.command()
def enable(email: EmailArgument, postgres_url: RecordOption = None, state_dir: StateOption = None) -> None:
    """Let a person that was disabled log in again."""
    _set_disabled(email, postgres_url, state_dir, disabled=False)


def _set_disabled(email: str, postgres_url: str | None, state_dir: StateOption, *, disabled: bool) -> None:
    async def work(connection: Connection) -> None:
        if not await Users(connection).set_disabled(_email(email), disabled=disabled):
            raise _unknown(email)

    on_record(work, postgres_url=postgres_url, state_dir=state_dir)
    typer.echo(f"{email} is {'disabled' if disabled else 'enabled'}")


def _password(*, generate: bool) -> str:
    if generate:
        return secrets.token_urlsafe(18)
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline(MAX_CHARS + 2).rstrip("\r\n")


def _hashed(password: str) -> str:
    try:
        return hash_password(password)
    except ValueError as error:
        raise RefusedError(f"{error}; --generate makes a good one up") from error


def _email(text: str) -> str:
    try:
        return normal_email(text)
    except ValueError as error:
        raise RefusedError(f"EMAIL: {error}") from error


def _unknown(email: str) -> RefusedError:
    return RefusedError(f"there is no user {email!r}; `headrace users list` shows those that there are")


def _told(user: User, password: str, *, generate: bool, as_json: bool) -> None:
    if as_json:
        fields = {name: getattr(user, name) for name in User.__dataclass_fields__}
        print_json({**fields, **({"password": password} if generate else {})})
    elif generate:
        secret_once(f"password of {user.email}", password)
    else:
        typer.echo(f"{user.email} may log in now")
