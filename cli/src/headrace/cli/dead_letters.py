"""`headrace dead-letters`: jobs that failed for good."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import typer

from headrace.cli.api import JsonOption, KeyOption, UrlOption, api_client
from headrace.cli.durations import parse_span
from headrace.cli.listing import cell, print_table
from headrace.cli.options import StateDirOption
from headrace.client.errors import HeadraceError
from headrace.client.model.dead_letter import DeadLetter
from headrace.client.sync import Client
from headrace.embedded.up import DEFAULT_STATE_DIR

app = typer.Typer(help="Jobs that failed for good: list, look at, replay, discard.", no_args_is_help=True)

ModelOption = Annotated[str | None, typer.Option(help="Only jobs of this model.")]
CodeOption = Annotated[str | None, typer.Option(help="Only failures of this code, such as crash or lost.")]
PoolOption = Annotated[str | None, typer.Option(help="Only jobs of this pool.")]
SinceOption = Annotated[str | None, typer.Option(help="Only what failed in the last 30m, 12h, 90d or 4w.")]
AccountsOption = Annotated[
    bool, typer.Option("--all-accounts", help="Those of all accounts; takes an operator's key.")
]
AllOption = Annotated[bool, typer.Option("--all", help="All that the filters let through.")]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, max=500, help="How many at most.")]
JobsArgument = Annotated[list[str] | None, typer.Argument(metavar="JOB...")]


def _filters(model: str | None, code: str | None, pool: str | None, since: str | None) -> dict[str, Any]:
    try:
        failed_from = None if since is None else datetime.now(UTC) - parse_span(since)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--since") from None
    return {"model": model, "code": code, "pool": pool, "failed_from": failed_from}


def _named_or_all(jobs: list[str] | None, every: bool, filters: dict[str, Any]) -> None:
    """Which are meant is said in one way: nobody replays all for want of a name."""
    filtered = every or any(each is not None for each in filters.values())
    if bool(jobs) == filtered:
        raise typer.BadParameter("name jobs, or say --all, --model, --code, --pool or --since")


@app.command(name="list")
def list_(
    model: ModelOption = None,
    code: CodeOption = None,
    pool: PoolOption = None,
    since: SinceOption = None,
    all_accounts: AccountsOption = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100, help="How many.")] = 20,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
) -> None:
    """What waits to be replayed or discarded, youngest job first."""
    with api_client(url, key, state_dir) as client:
        page = client.dead_letters(
            **_filters(model, code, pool, since), all_accounts=all_accounts, limit=limit
        )
    if as_json:
        typer.echo(msgspec.json.encode(page).decode())
        return
    whose = ("account",) if all_accounts else ()
    print_table(
        ("job", "failed", *whose, "model", "code", "attempts", "reason"),
        [
            (
                each.job_id, each.failed_at, *((each.account_id,) if all_accounts else ()), each.model,
                each.code, each.attempts, each.reason,
            )
            for each in page.dead_letters
        ],
        none="no dead letters",
    )  # fmt: skip
    if page.has_more:
        typer.echo(f"{len(page.dead_letters)} of {page.total}; see --limit and the filters", err=True)


@app.command()
def show(
    job: Annotated[str, typer.Argument(metavar="JOB")],
    all_accounts: AccountsOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
) -> None:
    """One of them: every attempt, why it ended, and the last that it wrote."""
    with api_client(url, key, state_dir) as client:
        letter = client.dead_letter(job, all_accounts=all_accounts)
    if as_json:
        typer.echo(msgspec.json.encode(letter).decode())
        return
    for line in described(letter):
        typer.echo(line)


@app.command()
def replay(
    jobs: JobsArgument = None,
    every: AllOption = False,
    model: ModelOption = None,
    code: CodeOption = None,
    pool: PoolOption = None,
    since: SinceOption = None,
    all_accounts: AccountsOption = False,
    limit: LimitOption = 100,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
) -> None:
    """Make a new job of each; of many the oldest first. A line is the old job and the new one."""
    filters = _filters(model, code, pool, since)
    _named_or_all(jobs, every, filters)
    with api_client(url, key, state_dir) as client:
        if jobs:
            _replay_named(client, jobs, all_accounts=all_accounts, as_json=as_json)
            return
        done = client.replay_dead_letters(**filters, all_accounts=all_accounts, limit=limit)
    if as_json:
        typer.echo(msgspec.json.encode(done).decode())
    else:
        for each in done.jobs:
            if each.replayed_as is not None:
                typer.echo(f"{each.job_id} {each.replayed_as}")
            elif each.error is not None:
                typer.echo(f"headrace: {each.job_id}: {each.error.message}", err=True)
        typer.echo(f"{done.replayed} replayed, {done.failed} failed, {done.remaining} remain", err=True)
    if done.failed:
        raise typer.Exit(1)


@app.command()
def discard(
    jobs: JobsArgument = None,
    every: AllOption = False,
    model: ModelOption = None,
    code: CodeOption = None,
    pool: PoolOption = None,
    since: SinceOption = None,
    all_accounts: AccountsOption = False,
    limit: LimitOption = 100,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
) -> None:
    """Take them off the list; the jobs themselves stay as they ended."""
    filters = _filters(model, code, pool, since)
    _named_or_all(jobs, every, filters)
    with api_client(url, key, state_dir) as client:
        if jobs:
            for job in jobs:
                client.discard_dead_letter(job, all_accounts=all_accounts)
                typer.echo(msgspec.json.encode({"discarded": job}).decode() if as_json else job)
            return
        gone = client.discard_dead_letters(**filters, all_accounts=all_accounts, limit=limit)
    if as_json:
        typer.echo(msgspec.json.encode(gone).decode())
        return
    for job in gone.job_ids:
        typer.echo(job)
    typer.echo(f"{gone.discarded} discarded, {gone.remaining} remain", err=True)


def _replay_named(client: Client, jobs: list[str], *, all_accounts: bool, as_json: bool) -> None:
    """Each of them is tried; the command fails when one did."""
    failed = False
    for job in jobs:
        try:
            made = client.replay(job, all_accounts=all_accounts)
        except HeadraceError as error:
            typer.echo(f"headrace: {job}: {error}", err=True)
            failed = True
            continue
        typer.echo(msgspec.json.encode(made).decode() if as_json else f"{job} {made.job_id}")
    if failed:
        raise typer.Exit(1)


def described(letter: DeadLetter) -> list[str]:
    """For people."""
    settled = "" if letter.settled is None else f", {letter.settled}"
    made = "" if letter.replayed_as is None else f" as {letter.replayed_as}"
    lines = [
        f"{letter.job_id} {letter.model} failed {cell(letter.failed_at)}{settled}{made}",
        f"{letter.code or 'no code'}: {cell(letter.reason)}",
    ]
    for run in letter.runs:
        lines.append(
            f"attempt {run.number} on {cell(run.miner_id)}, {cell(run.started_at)} to {cell(run.ended_at)}: "
            f"{run.outcome}" + (f": {cell(run.reason)}" if run.reason else "")
        )
        lines += [f"  | {cell(line)}" for line in run.output_tail.splitlines()]
    return lines
