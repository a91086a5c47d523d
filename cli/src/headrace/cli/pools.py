"""`headrace pools`: what operators stop for a while. Needs a key with the scope ``operator``."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from headrace.cli.api import JsonOption, KeyOption, UrlOption, api_client
from headrace.cli.listing import print_table
from headrace.cli.options import StateDirOption
from headrace.client.model.site import PausedPool
from headrace.embedded.up import DEFAULT_STATE_DIR

app = typer.Typer(help="Pools: list them, pause them, let them go on.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="POOL", help="A pool's name, or a model's for its own.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Shown to those whose jobs wait.")]


@app.command(name="list")
def list_(
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
) -> None:
    """The operator's pools, and all that are paused: models have pools of their own beside these."""
    with api_client(url, key, state_dir) as client:
        pools, paused = client.pools(), client.paused_pools()
    if as_json:
        typer.echo(msgspec.json.encode({"pools": pools, "paused": paused}).decode())
        return
    stopped = {each.pool: each for each in paused}
    rows: list[tuple[object, ...]] = []
    for pool in pools:
        pause = stopped.pop(pool.name, None)
        gpus = f"{pool.gpu_count} x {pool.gpu_type or 'GPU'}, {pool.vram_gb} GB" if pool.gpu_count else "-"
        rows.append((pool.name, pool.platform, gpus, pool.price_per_hour, *_paused(pause)))
    rows += [(name, "-", "-", None, *_paused(pause)) for name, pause in stopped.items()]
    print_table(
        ("pool", "platform", "machines", "USD/h", "paused", "reason"), rows, none="no pools of the operator's"
    )


def _paused(pause: PausedPool | None) -> tuple[object, object]:
    return (None, None) if pause is None else (pause.paused_at, pause.reason or None)


@app.command()
def pause(
    name: NameArgument,
    reason: ReasonOption = "",
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
) -> None:
    """Let no job of a pool start, until `resume`; what runs goes on."""
    with api_client(url, key, state_dir) as client:
        found = client.pause_pool(name, reason)
    typer.echo(msgspec.json.encode(found).decode() if as_json else f"{name} is paused")


@app.command()
def resume(
    name: NameArgument,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
) -> None:
    """Let the jobs of a pool start again."""
    with api_client(url, key, state_dir) as client:
        found = client.resume_pool(name)
    typer.echo(msgspec.json.encode(found).decode() if as_json else f"{name} goes on")
