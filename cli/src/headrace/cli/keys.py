"""`headrace keys`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from headrace.cli.accounts import AccountOption, account_names, find_account
from headrace.cli.durations import parse_span
from headrace.cli.listing import print_json, print_table, secret_once
from headrace.cli.record import JsonOption, RecordOption, RefusedError, StateOption, on_record
from headrace_contracts.ids import parse_id
from headrace_contracts.scopes import DEFAULT_SCOPES, SCOPES
from headrace_store.accounts.accounts import Accounts
from headrace_store.accounts.keys import PREFIXES, ApiKey, Keys, KeyWish, NewKey, problems_of
from headrace_store.postgres import Connection

app = typer.Typer(
    help="Keys of programs: native (hr_live_...) and auraflux (af_live_...).", no_args_is_help=True
)

_OPTIONS = {"kind": "--kind", "name": "--name", "scopes": "--scope", "expires_at": "--expires-in",
            "per_minute": "--per-minute", "per_hour": "--per-hour"}  # fmt: skip


@app.command()
def create(
    name: Annotated[str, typer.Option(help="What it is for.")],
    kind: Annotated[str, typer.Option(help=f"One of {', '.join(PREFIXES)}.")] = "native",
    account: AccountOption = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help=f"May be given several times: {', '.join(SCOPES)}. By default all but admin and operator."
        ),
    ] = None,
    expires_in: Annotated[str | None, typer.Option(help="For example 90d; never by default.")] = None,
    per_minute: Annotated[int | None, typer.Option(help="Requests a minute; else as documented.")] = None,
    per_hour: Annotated[int | None, typer.Option(help="Requests an hour; else as documented.")] = None,
    as_json: JsonOption = False,
    postgres_url: RecordOption = None,
    state_dir: StateOption = None,
) -> None:
    """Make a key. It is shown once: only its hash is kept."""

    async def work(connection: Connection) -> NewKey:
        now = datetime.now(UTC)
        try:
            expires_at = None if expires_in is None else now + parse_span(expires_in)
        except (ValueError, OverflowError) as error:
            raise RefusedError(f"--expires-in: {error}") from error
        wish = KeyWish(
            account_id=(await find_account(connection, account)).id,
            kind=kind,
            name=name.strip(),
            scopes=tuple(scope) if scope else DEFAULT_SCOPES,
            expires_at=expires_at,
            per_minute=per_minute,
            per_hour=per_hour,
        )
        if problems := problems_of(wish, now):
            raise RefusedError("; ".join(f"{_OPTIONS[field]} {message}" for field, message in problems))
        return await Keys(connection).create(wish)

    new = on_record(work, postgres_url=postgres_url, state_dir=state_dir)
    if as_json:
        print_json({"key": new.key, **_as_dict(new.record)})
    else:
        secret_once(f"key {new.record.id}", new.key)


@app.command(name="list")
def list_(
    account: Annotated[str | None, typer.Option("--account", help="Id or name; else all.")] = None,
    as_json: JsonOption = False,
    postgres_url: RecordOption = None,
    state_dir: StateOption = None,
) -> None:
    """Keys, the youngest first, revoked ones too."""

    async def work(connection: Connection) -> tuple[list[ApiKey], dict[UUID, str]]:
        owner = None if account is None else (await find_account(connection, account)).id
        names = account_names(await Accounts(connection).listed())
        return await Keys(connection).listed(owner), names

    keys, names = on_record(work, postgres_url=postgres_url, state_dir=state_dir)
    if as_json:
        print_json([_as_dict(key) for key in keys])
        return
    now = datetime.now(UTC)
    print_table(
        ("id", "account", "key", "name", "state", "scopes", "last used", "expires"),
        [
            (
                k.id,
                names[k.account_id],
                f"{k.hint}...",
                k.name,
                _state(k, now),
                k.scopes,
                k.last_used_at,
                k.expires_at,
            )
            for k in keys
        ],
        none="no keys",
    )


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="KEY_ID", help="As `headrace keys list` shows it.")],
    postgres_url: RecordOption = None,
    state_dir: StateOption = None,
) -> None:
    """Let a key open nothing any more, at once, on every replica."""

    async def work(connection: Connection) -> None:
        found = parse_id(key_id.strip())
        if found is None or not await Keys(connection).revoke(None, found):
            raise RefusedError(f"there is no key {key_id!r}; `headrace keys list` shows the ids")

    on_record(work, postgres_url=postgres_url, state_dir=state_dir)
    typer.echo(f"{key_id} is revoked")


def _state(key: ApiKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= now else "live"


def _as_dict(key: ApiKey) -> dict[str, object]:
    return {name: getattr(key, name) for name in ApiKey.__dataclass_fields__}
