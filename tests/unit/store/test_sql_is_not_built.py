"""No statement is put together from values: what goes to Postgres is written down, values are parameters.

Reads the source; nothing runs. The linter looks for formatted SQL too (S608), by its words; this looks at what is
handed to the driver, whatever it says.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCES = sorted(
    path for folder in ("libs", "services", "cli") for path in (ROOT / folder).glob("**/src/**/*.py")
)
_CALLS = frozenset({"execute", "executemany", "fetch", "fetchrow", "fetchval", "cursor", "prepare"})
#: (file, what is handed over) that looks like neither a named query nor a text, and why it is all right.
KNOWN = {
    ("headrace_dispatcher/store/locked.py", "statement"): "a named query that its callers pick",
}  # fmt: skip
#: Runs the text of the migrations as it lies in the package, and sets time limits that are numbers of its own.
_MIGRATIONS = "headrace_store/migrate.py"


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CALLS:
            yield node


def _is_written_down(node: ast.expr) -> bool:
    """A text, a constant of the module, or a query of a file: picking one by any name gives no other text."""
    match node:
        case ast.Constant():
            return True
        case ast.Name(id=name):
            return name.isupper()
        case ast.Subscript(value=ast.Name(id=name)):
            return name.isupper()
        case ast.Subscript(value=ast.Attribute(attr=name)):
            return name == "_sql"
        case ast.Subscript(value=ast.Call(func=ast.Name(id=name))):
            return name == "load"
    return False


def _built(path: Path) -> list[tuple[str, str]]:
    name = path.as_posix().rpartition("/src/")[2]
    text = path.read_text()
    if name == _MIGRATIONS or ("asyncpg" not in text and "headrace_store.postgres" not in text):
        return []  # nothing here has a connection: fetch() is something else's
    return [
        (name, ast.unparse(call.args[0]))
        for call in _calls(ast.parse(text))
        if call.args and not _is_written_down(call.args[0])
    ]


def test_no_statement_is_built() -> None:
    assert sum("headrace_store.postgres" in path.read_text() for path in SOURCES) > 20, "the sources are read"
    assert [found for path in SOURCES for found in _built(path) if found not in KNOWN] == []


@pytest.mark.parametrize(
    ("call", "good"),
    [
        ('pool.fetch(_SQL["list"], a)', True), ('pool.fetchval("SELECT 1")', True),
        ('pool.fetch(f"SELECT {a}")', False), ('pool.fetch("SELECT " + a)', False),
        ('pool.fetch("SELECT %s" % a)', False), ('pool.fetch("SELECT {}".format(a))', False),
        ("pool.fetch(query)", False), ("pool.fetch(_SQL[name])", True), ("pool.fetch(queries[name])", False),
    ],
)  # fmt: skip
def test_what_counts_as_built(call: str, good: bool) -> None:
    (found,) = _calls(ast.parse(call))
    assert _is_written_down(found.args[0]) == good
