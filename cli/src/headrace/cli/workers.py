"""`headrace workers`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import asyncpg
import typer

from headrace.cli.accounts import AccountOption, account_names, find_account
from headrace.cli.listing import print_json, print_table, secret_once
from headrace.cli.record import JsonOption, RecordOption, RefusedError, StateOption, on_record
from headrace_contracts.ids import parse_id
from headrace_contracts.jobs.lane import ANY_PLATFORM, LINUX_AMD64, PLATFORMS
from headrace_store.accounts.accounts import Accounts
from headrace_store.accounts.workers import PRESENCES, NewWorker, Worker, WorkerQuery, Workers
from headrace_store.postgres import Connection

app = typer.Typer(
    help="Machines that work over REST under an account (auralis, jobserver).", no_args_is_help=True
)

#: What the tokens of each dialect's workers begin with.
_PREFIXES = {"auralis": "aw_", "jobserver": "jw_"}
# As the API's HEADRACE_WORKER_CHECK_IN_S by default: three check-ins.
_SILENT_S = 90.0
_MOST = 10_000


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="For people; in the jobserver dialect the workerId.")],
    dialect: Annotated[str, typer.Option(help=f"One of {', '.join(_PREFIXES)}.")] = "auralis",
    platform: Annotated[
        str, typer.Option(help=f"One of {', '.join((*PLATFORMS, ANY_PLATFORM))}.")
    ] = LINUX_AMD64,
    account: AccountOption = None,
    as_json: JsonOption = False,
    postgres_url: RecordOption = None,
    state_dir: StateOption = None,
) -> None:
    """Register a machine. Its token is shown once: only its hash is kept."""

    async def work(connection: Connection) -> tuple[str, str]:
        if dialect not in _PREFIXES:
            raise RefusedError(f"--dialect must be one of {', '.join(_PREFIXES)}")
        if platform not in (*PLATFORMS, ANY_PLATFORM):
            raise RefusedError(f"--platform must be one of {', '.join((*PLATFORMS, ANY_PLATFORM))}")
        if not name.strip() or not name.isprintable():
            raise RefusedError("NAME must have at least one printable character")
        new = NewWorker(
            account_id=(await find_account(connection, account)).id,
            dialect=dialect,
            name=name.strip(),
            platform=platform,
            token_prefix=_PREFIXES[dialect],
        )
        try:
            worker_id, token, _ = await Workers(connection, silent_s=_SILENT_S).register(new)
        except asyncpg.UniqueViolationError as error:
            raise RefusedError(
                f"the account has a worker {name!r} already: revoke it first, or take another name"
            ) from error
        return str(worker_id), token

    worker_id, token = on_record(work, postgres_url=postgres_url, state_dir=state_dir)
    if as_json:
        print_json(
            {"id": worker_id, "name": name.strip(), "dialect": dialect, "platform": platform, "token": token}
        )
    else:
        secret_once(f"token of worker {worker_id}", token)


@app.command(name="list")
def list_(
    account: Annotated[str | None, typer.Option("--account", help="Id or name; else all.")] = None,
    status: Annotated[
        list[str] | None, typer.Option(help=f"May be given several times: {', '.join(PRESENCES)}.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only those that have all of these.")] = None,
    as_json: JsonOption = False,
    postgres_url: RecordOption = None,
    state_dir: StateOption = None,
) -> None:
    """Registered machines, the oldest first."""

    async def work(connection: Connection) -> tuple[list[Worker], dict[UUID, str]]:
        if unknown := [each for each in status or () if each not in PRESENCES]:
            raise RefusedError(f"--status must be one of {', '.join(PRESENCES)}, not {unknown[0]!r}")
        query = WorkerQuery(
            account_id=None if account is None else (await find_account(connection, account)).id,
            presences=status or None,
            tags=tag or (),
            limit=_MOST,
        )
        names = account_names(await Accounts(connection).listed())
        return (await Workers(connection, silent_s=_SILENT_S).listed(query)).workers, names

    workers, names = on_record(work, postgres_url=postgres_url, state_dir=state_dir)
    if as_json:
        print_json(workers)
        return
    print_table(
        ("id", "account", "dialect", "name", "platform", "status", "jobs held", "jobs done", "last seen"),
        [
            (w.id, names[w.account_id], w.dialect, w.name, w.platform, w.presence, len(w.held), w.jobs_completed,
             w.seen_at)
            for w in workers
        ],
        none="no workers",
    )  # fmt: skip


@app.command()
def revoke(
    worker_id: Annotated[
        str, typer.Argument(metavar="WORKER_ID", help="As `headrace workers list` shows it.")
    ],
    postgres_url: RecordOption = None,
    state_dir: StateOption = None,
) -> None:
    """Let a machine's token open nothing any more; jobs that it holds go to others."""

    async def work(connection: Connection) -> int:
        workers, found = Workers(connection, silent_s=_SILENT_S), parse_id(worker_id.strip())
        if found is None or not await workers.delete(None, found):
            raise RefusedError(f"there is no worker {worker_id!r}; `headrace workers list` shows the ids")
        return await workers.lapse(found)

    held = on_record(work, postgres_url=postgres_url, state_dir=state_dir)
    typer.echo(f"{worker_id} is revoked" + (f"; jobs that go to others: {held}" if held else ""))
