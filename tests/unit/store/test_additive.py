"""What runs before the new code must leave the old code working: nothing is taken away, narrowed or held up.

Reads the migrations of the package; nothing else is touched.
"""

from __future__ import annotations

import re

import pytest

from headrace_store.migration import NO_TRANSACTION, Migration, migrations

#: From here on, what exists may be large: indexes and checks on it are made beside the writes.
_IN_USE_SINCE = 4
_WORDS = {
    "takes away": re.compile(r"\bDROP\b(?! NOT NULL)(?! DEFAULT)", re.IGNORECASE),
    "renames": re.compile(r"\bRENAME\b", re.IGNORECASE),
    "changes a type": re.compile(r"\b(?:ALTER COLUMN \w+ (?:SET DATA )?TYPE|ALTER TYPE)\b", re.IGNORECASE),
    "narrows": re.compile(r"\bSET NOT NULL\b", re.IGNORECASE),
    "empties": re.compile(r"\b(?:TRUNCATE|DELETE FROM)\b", re.IGNORECASE),
}
_NEW_TABLE = re.compile(r"CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?(\w+)", re.IGNORECASE)
_INDEX = re.compile(
    r"CREATE (?:UNIQUE )?INDEX (CONCURRENTLY )?(?:IF NOT EXISTS )?(\w+)\s+ON (\w+)", re.IGNORECASE
)
_NEW_COLUMN = re.compile(r"ADD COLUMN (\w+) ([^,;]*)", re.IGNORECASE)
_CHECK = re.compile(r"(ADD CONSTRAINT \w+ (?:CHECK|FOREIGN KEY)[^;]*?(?=,\n|;))", re.IGNORECASE)

#: What stands in a file that has landed, or is small for good, and why it may.
ALLOWED = {
    ("0004_pre_promises.sql", "index accounts_limited on accounts"): "accounts are few",
    ("0004_pre_promises.sql", "column max_queued has a check"): "accounts are few",
    ("0004_pre_promises.sql", "column max_running has a check"): "accounts are few",
}


def sql_of(migration: Migration) -> str:
    """Without comments and bodies of functions."""
    text = re.sub(r"--[^\n]*", "", migration.sql)
    return re.sub(r"\$\$.*?\$\$", "''", text, flags=re.DOTALL)


def offences(migration: Migration) -> list[str]:
    """What of a migration the version before could not live with."""
    sql = sql_of(migration)
    found = [what for what, words in _WORDS.items() if words.search(sql)]
    own = set(_NEW_TABLE.findall(sql))
    for name, rest in _NEW_COLUMN.findall(sql):
        if "NOT NULL" in rest.upper() and "DEFAULT" not in rest.upper():
            found.append(f"column {name} must be given")
        if "CHECK" in rest.upper() and migration.number >= _IN_USE_SINCE:
            found.append(f"column {name} has a check")
    if migration.number >= _IN_USE_SINCE:
        found += [
            f"index {name} on {table}"
            for quiet, name, table in _INDEX.findall(sql)
            if not quiet and table not in own
        ]
        found += [
            f"{check.split()[2]} is checked at once"
            for check in _CHECK.findall(sql)
            if "NOT VALID" not in check.upper()
        ]
    return [what for what in found if (migration.name, what) not in ALLOWED]


@pytest.mark.parametrize("migration", migrations(), ids=lambda migration: migration.name)
def test_the_version_before_can_live_with_it(migration: Migration) -> None:
    if "_pre_" in migration.name:
        assert offences(migration) == []
    if not migration.in_transaction:
        assert migration.statements()


@pytest.mark.parametrize(
    ("sql", "offence"),
    [
        ("ALTER TABLE jobs DROP COLUMN trace;", "takes away"),
        ("DROP INDEX jobs_waiting;", "takes away"),
        ("ALTER TABLE jobs RENAME COLUMN trace TO traces;", "renames"),
        ("ALTER TABLE jobs ALTER COLUMN attempt TYPE bigint;", "changes a type"),
        ("ALTER TABLE jobs ALTER COLUMN trace SET NOT NULL;", "narrows"),
        ("ALTER TABLE jobs ADD COLUMN colour text NOT NULL;", "column colour must be given"),
        ("ALTER TABLE jobs ADD COLUMN hue smallint CHECK (hue > 0);", "column hue has a check"),
        ("CREATE INDEX jobs_hue ON jobs (hue);", "index jobs_hue on jobs"),
        ("ALTER TABLE jobs ADD CONSTRAINT hued CHECK (hue > 0);", "hued is checked at once"),
        ("DELETE FROM jobs;", "empties"),
    ],
)
def test_what_it_could_not_is_found(sql: str, offence: str) -> None:
    assert offences(Migration(number=99, name="0099_pre_x.sql", sql=sql)) == [offence]


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE jobs ADD COLUMN colour text NOT NULL DEFAULT 'red';",
        "CREATE TABLE hues (hue text NOT NULL); CREATE INDEX by_hue ON hues (hue);",
        "ALTER TABLE jobs ADD CONSTRAINT hued CHECK (hue > 0) NOT VALID;",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS jobs_hue ON jobs (hue);",
        "ALTER TABLE jobs ALTER COLUMN trace DROP NOT NULL;",
    ],
)
def test_what_it_can_is_let_through(sql: str) -> None:
    assert offences(Migration(number=99, name="0099_pre_x.sql", sql=sql)) == []


@pytest.mark.parametrize(
    "statement",
    ["CREATE INDEX CONCURRENTLY a ON jobs (id)", "CREATE TABLE a (b int)", "UPDATE jobs SET fence = 1"],
)
def test_outside_of_a_transaction_only_what_can_be_repeated_is_taken(statement: str) -> None:
    migration = Migration(number=99, name="0099_pre_x.sql", sql=f"{NO_TRANSACTION}\n{statement};\n")
    with pytest.raises(ValueError, match="can't stand in a file without transaction"):
        migration.statements()
