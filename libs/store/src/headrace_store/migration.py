"""Migrations as files: which there are, and what each is made of."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files

_NAME = re.compile(r"(\d{4})_(pre|post)_([a-z0-9_]+)\.sql")
#: The first line of a file whose statements run one by one, each by itself.
NO_TRANSACTION = "-- no transaction"
_INDEX = re.compile(r"CREATE (?:UNIQUE )?INDEX CONCURRENTLY IF NOT EXISTS ([a-z0-9_]+) ON ")
_VALIDATE = re.compile(r"ALTER TABLE [a-z0-9_]+ VALIDATE CONSTRAINT [a-z0-9_]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Migration:
    """One file: ``NNNN_{pre|post}_what.sql``; pre = safe before the new code runs, post = after."""

    number: int
    name: str
    sql: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def in_transaction(self) -> bool:
        """False: each statement by itself, for what would hold up writes for long otherwise (ADR 0028)."""
        return self.sql.split("\n", 1)[0].strip() != NO_TRANSACTION

    def statements(self) -> list[str]:
        """The statements of a file without transaction.

        Raises ValueError for one that could not be repeated after it was cut off.
        """
        lines = [line for line in self.sql.splitlines() if not line.lstrip().startswith("--")]
        found = [" ".join(part.split()) for part in "\n".join(lines).split(";")]
        found = [statement for statement in found if statement]
        for statement in found:
            if not _INDEX.match(statement) and not _VALIDATE.match(statement):
                raise ValueError(
                    f"{self.name}: {statement[:60]!r} can't stand in a file without transaction: only CREATE INDEX "
                    "CONCURRENTLY IF NOT EXISTS and ALTER TABLE ... VALIDATE CONSTRAINT can be repeated"
                )
        return found


def index_made_by(statement: str) -> str | None:
    """The name of the index that a statement makes."""
    match = _INDEX.match(statement)
    return match[1] if match else None


def migrations() -> list[Migration]:
    """All migrations in order.

    Raises ValueError for a file name of another form or a number that stands twice.
    """
    found = []
    for entry in (files("headrace_store") / "migrations").iterdir():
        if not entry.name.endswith(".sql"):
            continue
        match = _NAME.fullmatch(entry.name)
        if match is None:
            raise ValueError(f"migration {entry.name!r} is not named NNNN_pre_what.sql or NNNN_post_what.sql")
        found.append(Migration(number=int(match[1]), name=entry.name, sql=entry.read_text(encoding="utf-8")))
    found.sort(key=lambda migration: migration.number)
    if len({migration.number for migration in found}) != len(found):
        raise ValueError("two migrations have the same number")
    return found
