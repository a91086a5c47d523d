"""docs/settings.md against the code: every setting stands there once, as it is, and nothing that is gone.

Reads files of the repository; nothing else is touched.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import annotated_types
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from headrace_agent.settings import AgentSettings
from headrace_api.settings import ApiSettings
from headrace_dispatcher.settings import DispatcherSettings
from headrace_publisher.settings import PublisherSettings
from headrace_runtime.settings import PREFIX, variable
from headrace_webhooks.settings import WebhooksSettings

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "docs" / "settings.md"
#: In the order in which the table names them.
PROCESSES: dict[str, type[BaseSettings]] = {
    "api": ApiSettings,
    "dispatcher": DispatcherSettings,
    "webhooks": WebhooksSettings,
    "publisher": PublisherSettings,
    "agent": AgentSettings,
}
#: Whose variables are read without a settings class: (folder, process).
READERS = (
    ("libs/store/src", "migrate"),
    ("agent/src/headrace_agent/handlers", "agent"),
    ("cli/src", "headrace"),
)
#: Functions whose first argument is a variable that is read.
_READING = frozenset({"get", "setting", "number_setting", "path"})


@dataclass(frozen=True)
class Row:
    """What the table must say of a setting. ``default`` and ``bounds`` are None where no class states them."""

    name: str
    default: str | None
    bounds: str | None
    processes: tuple[str, ...]


def shown_default(field: FieldInfo) -> str | None:
    if field.is_required():
        return "required"
    if field.default_factory is not None:
        return None  # found out at run time; the table says how
    if field.default is None or field.default == ():
        return "none"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return f"`{field.default:g}`" if isinstance(field.default, float) else f"`{field.default}`"


def shown_bounds(field: FieldInfo) -> str:
    """``1 to 100``, ``1 or more``, ``above 0``, ``above 0, to 10``; empty without limits on a number."""
    found: dict[str, Any] = {}
    for part in field.metadata:
        for name in ("ge", "gt", "le"):
            if isinstance(part, annotated_types.Ge | annotated_types.Gt | annotated_types.Le) and hasattr(
                part, name
            ):
                found[name] = getattr(part, name)
    low = f"above {found['gt']:g}" if "gt" in found else f"{found['ge']:g}" if "ge" in found else ""
    if "le" in found:
        return f"{low}{',' if 'gt' in found else ''} to {found['le']:g}"
    return f"{low} or more" if "ge" in found else low


def from_classes() -> set[Row]:
    users: dict[tuple[str, str | None, str], list[str]] = defaultdict(list)
    for process, settings in PROCESSES.items():
        for name, field in settings.model_fields.items():
            users[variable(name), shown_default(field), shown_bounds(field)].append(process)
    return {
        Row(name, default, bounds, tuple(processes)) for (name, default, bounds), processes in users.items()
    }


def read_in(folder: Path) -> Iterator[str]:
    """The variables that the sources in ``folder`` ask for by name."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                called = node.func
                name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
                first = node.args[0]
                if name in _READING and isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value


def from_sources() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for folder, process in READERS:
        for name in read_in(ROOT / folder):
            if name.startswith(PREFIX):
                found[name].add(process)
    return found


def table_rows() -> list[tuple[Row, str]]:
    """The rows of the table, each with what it says a setting means."""
    rows = []
    for line in TABLE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith(f"| `{PREFIX}"):
            name, default, _, bounds, processes, meaning = cells
            rows.append((Row(name.strip("`"), default, bounds, tuple(processes.split(", "))), meaning))
    return rows


def test_every_setting_of_a_class_stands_in_the_table_as_it_is() -> None:
    rows = {row for row, _ in table_rows()}
    for wanted in from_classes():
        found = {
            row
            for row in rows
            if row.name == wanted.name and set(wanted.processes) <= set(row.processes)
            and row.bounds == wanted.bounds and wanted.default in {None, row.default}
        }  # fmt: skip
        assert len(found) == 1, f"docs/settings.md needs one row for {wanted}"


def test_every_variable_that_is_read_without_a_class_stands_in_the_table() -> None:
    rows = [row for row, _ in table_rows()]
    found = from_sources()
    assert len(found) > 10, "the search for variables finds too few to be right"
    for name, processes in found.items():
        there = {process for row in rows if row.name == name for process in row.processes}
        assert processes <= there, f"docs/settings.md must say that {name} is read by {', '.join(processes)}"


def test_nothing_stale_stands_in_the_table() -> None:
    known: dict[str, set[str]] = defaultdict(set)
    for row in from_classes():
        known[row.name].update(row.processes)
    for name, processes in from_sources().items():
        known[name].update(processes)
    for row, _ in table_rows():
        assert row.name in known, f"{row.name} is in docs/settings.md, but nothing reads it"
        assert set(row.processes) <= known[row.name], f"{row.name} is not read by all of {row.processes}"


def test_every_row_says_something() -> None:
    rows = table_rows()
    assert rows
    for row, meaning in rows:
        assert row.default, f"{row.name} has no default cell"
        assert len(meaning) > 10, f"{row.name} has no meaning"
