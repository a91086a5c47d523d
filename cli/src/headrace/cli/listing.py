"""What operators' commands print: tables for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

# A table that is piped must not be cut at 80 columns.
_PIPED_WIDTH = 400


def print_json(value: Any) -> None:
    """Stable names, times in UTC."""
    typer.echo(msgspec.json.format(msgspec.json.encode(_plain(value))).decode())


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, none: str) -> None:
    """``none`` is said instead of an empty table; columns without names get no head."""
    if not rows:
        typer.echo(none)
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PIPED_WIDTH)
    table = Table(box=None, pad_edge=False, show_header=any(columns))
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell(value)) for value in row))
    console.print(table, highlight=False)


def cell(value: object) -> str:
    """For people."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%MZ}"
    if isinstance(value, list | tuple):
        return " ".join(str(each) for each in value)
    # Names come from people: none of them may move the cursor.
    return "".join(char if char.isprintable() else "?" for char in str(value))


def secret_once(label: str, secret: str) -> None:
    """A secret on a line of its own on standard output, what to do with it on standard error."""
    typer.echo(f"{label}, shown this once: keep it in a safe place", err=True)
    typer.echo(secret)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return value
