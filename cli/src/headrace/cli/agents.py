"""`headrace agents`: who is online, agents that take no more jobs, and the bearer tokens of those that speak REST."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from headrace.cli import api
from headrace.cli.listing import print_json, print_table, secret_once
from headrace.cli.options import StateDirOption
from headrace.cli.record import JsonOption, RecordOption, RefusedError, StateOption, on_record
from headrace.embedded.up import DEFAULT_STATE_DIR
from headrace_contracts.ids import parse_id
from headrace_store.accounts.agent_tokens import AgentToken, AgentTokens
from headrace_store.postgres import Connection

app = typer.Typer(help="Agents of the site.", no_args_is_help=True)
token = typer.Typer(help="Bearer tokens of agents that speak REST (radiance).", no_args_is_help=True)
app.add_typer(token, name="token")

NameArgument = Annotated[str, typer.Argument(metavar="AGENT", help="As `headrace agents list` shows it.")]


@app.command(name="list")
def online(
    url: api.UrlOption = None,
    key: api.KeyOption = None,
    as_json: api.JsonOption = False,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
) -> None:
    """The agents that are online."""
    with api.api_client(url, key, state_dir) as client:
        agents = client.agents()
    if as_json:
        typer.echo(msgspec.json.encode(agents).decode())
        return
    print_table(
        ("agent", "platform", "by", "running", "slots", "takes jobs", "reason", "pools"),
        [
            (
                each.name, each.platform, each.transport, each.running, each.slots,
                "no" if each.draining else "yes", each.drained_because or None, each.pools,
            )
            for each in agents
        ],
        none="no agents are online",
    )  # fmt: skip


@app.command()
def drain(
    name: NameArgument,
    reason: Annotated[str, typer.Option("--reason", help="Shown to those whose jobs wait.")] = "",
    url: api.UrlOption = None,
    key: api.KeyOption = None,
    as_json: api.JsonOption = False,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
) -> None:
    """Let an agent take no more jobs, until `resume`; what it runs goes on. A restart of it changes nothing."""
    with api.api_client(url, key, state_dir) as client:
        found = client.drain_agent(name, reason)
    typer.echo(msgspec.json.encode(found).decode() if as_json else f"{name} takes no more jobs")


@app.command()
def resume(
    name: NameArgument,
    url: api.UrlOption = None,
    key: api.KeyOption = None,
    as_json: api.JsonOption = False,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
) -> None:
    """Let an agent take jobs again."""
    with api.api_client(url, key, state_dir) as client:
        found = client.resume_agent(name)
    typer.echo(msgspec.json.encode(found).decode() if as_json else f"{name} takes jobs again")


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
