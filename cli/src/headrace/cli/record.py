"""How the commands for operators reach the record: that of the local stack, or the one that is named."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

import asyncpg
import typer

from headrace.cli.status import current_state
from headrace.embedded.layout import StateDir
from headrace.embedded.postgres import PostgresServer
from headrace.embedded.program import ProgramFailedError
from headrace.embedded.secrets_file import load_or_create
from headrace.embedded.up import DEFAULT_STATE_DIR
from headrace_store.postgres import Connection

T = TypeVar("T")

StateOption = Annotated[
    Path | None,
    typer.Option("--state-dir", help="Folder of the running stack; by default .headrace."),
]
RecordOption = Annotated[
    str | None,
    typer.Option(
        "--postgres-url",
        envvar="HEADRACE_POSTGRES_URL",
        help="The record of another site: postgresql://user:password@host/database.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]

_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.CannotConnectNowError,
)
_OLD = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.UndefinedFunctionError)


class RefusedError(Exception):
    """What the user asked for can't be done; the message says why, and the way out."""


def on_record(
    work: Callable[[Connection], Awaitable[T]], *, postgres_url: str | None, state_dir: Path | None
) -> T:
    """Do ``work`` in one transaction. A state folder that is named wins over the variable.

    Ends the command with status 1 and a sentence when the record can't be reached, or the work is refused.
    """
    try:
        url = record_url(postgres_url, state_dir)
        return asyncio.run(_work(url, work))
    except RefusedError as error:
        typer.echo(f"headrace: {error}", err=True)
        raise typer.Exit(1) from None


def record_url(postgres_url: str | None, state_dir: Path | None) -> str:
    """Raises RefusedError when no stack runs in the folder."""
    if postgres_url and state_dir is None:
        return postgres_url
    where = StateDir.at(state_dir or DEFAULT_STATE_DIR)
    state = current_state(where)
    if state is None or "postgres" not in state.ports:
        raise RefusedError(
            f"no stack runs in {where.root}: start one with `headrace up`, name its folder with --state-dir, "
            "or another record with --postgres-url"
        )
    try:
        password = load_or_create(where.secrets_json).postgres_password
    except (OSError, ProgramFailedError) as error:
        raise RefusedError(f"can't read the secrets of the stack: {error}") from error
    return PostgresServer(
        directory=where.data("postgres"), port=state.ports["postgres"], password=password
    ).url


async def _work(url: str, work: Callable[[Connection], Awaitable[T]]) -> T:
    try:
        connection = await asyncpg.connect(url, timeout=10, server_settings={"timezone": "UTC"})
    except (ValueError, asyncpg.ClientConfigurationError) as error:
        raise RefusedError(f"--postgres-url is no URL of a Postgres: {error}") from error
    except _AWAY as error:
        raise RefusedError(_away(url, error)) from error
    try:
        async with connection.transaction():
            return await work(connection)
    except _OLD as error:
        raise RefusedError(
            f"the record is older than this command ({error}): bring it up to date with "
            "`HEADRACE_POSTGRES_URL=... python -m headrace_store migrate`"
        ) from error
    except _AWAY as error:
        raise RefusedError(_away(url, error)) from error
    finally:
        await connection.close(timeout=5)


def _away(url: str, error: BaseException) -> str:
    parts = urlsplit(url)
    place = f"{parts.hostname or 'localhost'}:{parts.port or 5432}"
    reason = str(error) or type(error).__name__
    return (
        f"can't reach the record at {place} ({reason}): is Postgres up there, and are user, password and database "
        "right?"
    )
