"""`headrace agents`: the bearer tokens of agents that speak REST (radiance)."""

from __future__ import annotations

from typing import Annotated

import typer

from headrace.cli.listing import print_json, print_table, secret_once
from headrace.cli.record import JsonOption, RecordOption, RefusedError, StateOption, on_record
from headrace_contracts.ids import parse_id
from headrace_store.accounts.agent_tokens import AgentToken, AgentTokens
from headrace_store.postgres import Connection

app = typer.Typer(help="Agents of the site.", no_args_is_help=True)
token = typer.Typer(help="Bearer tokens of agents that speak REST (radiance).", no_args_is_help=True)
app.add_typer(token, name="token")


@token.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose it is.")],
    as_json: JsonOption = False,
    postgres_url: RecordOption = None,
    state_dir: StateOption = None,
) -> None:
    """Make a token. It is shown once: only its hash is kept."""

    async def work(connection: Connection) -> tuple[AgentToken, str]:
        if not name.strip() or not name.isprintable():
            raise RefusedError("NAME must have at least one printable character")
        return await AgentTokens(connection).create(name.strip())

    record, secret = on_record(work, postgres_url=postgres_url, state_dir=state_dir)
    if as_json:
        print_json({"id": record.id, "name": record.name, "created_at": record.created_at, "token": secret})
    else:
        secret_once(f"token {record.id}", secret)


@token.command(name="list")
def list_(
    as_json: JsonOption = False, postgres_url: RecordOption = None, state_dir: StateOption = None
) -> None:
    """Tokens, the oldest first, revoked ones too."""

    async def work(connection: Connection) -> list[AgentToken]:
        return await AgentTokens(connection).listed()

    tokens = on_record(work, postgres_url=postgres_url, state_dir=state_dir)
    if as_json:
        print_json(tokens)
        return
    print_table(
        ("id", "name", "created", "revoked"),
        [(each.id, each.name, each.created_at, each.revoked_at) for each in tokens],
        none="no tokens",
    )


@token.command()
def revoke(
    token_id: Annotated[
        str, typer.Argument(metavar="TOKEN_ID", help="As `headrace agents token list` shows it.")
    ],
    postgres_url: RecordOption = None,
    state_dir: StateOption = None,
) -> None:
    """Let a token open nothing any more, after at most 5 s: for so long the API remembers the good ones."""

    async def work(connection: Connection) -> None:
        found = parse_id(token_id.strip())
        if found is None or not await AgentTokens(connection).revoke(found):
            raise RefusedError(f"there is no token {token_id!r}; `headrace agents token list` shows the ids")

    on_record(work, postgres_url=postgres_url, state_dir=state_dir)
    typer.echo(f"{token_id} is revoked")
