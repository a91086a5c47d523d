"""What a reader finds in a document, whatever its format."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

#: Text beyond this is not analysed; a novel has one million characters.
MAX_TEXT_CHARS = 20_000_000
_MAX_CELL_CHARS = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Some rows of a table as text and numbers, with the count of all."""

    name: str
    row_count: int
    column_count: int
    rows: list[list[Any]]

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "row_count": self.row_count,
            "column_count": self.column_count,
            "rows": self.rows,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """The content of one document."""

    #: The format as a word: pdf, doc, docx, xlsx, text, csv.
    kind: str
    text: str
    #: Pages, or sheets of a workbook; None where the format has none.
    pages: int | None = None
    tables: list[Table] = field(default_factory=list)
    #: Title, author and what else the file says about itself.
    metadata: dict[str, Any] = field(default_factory=dict)
    #: What the client should know about how it was read.
    notes: list[str] = field(default_factory=list)


def collect_table(
    name: str, rows: Iterable[Iterable[Any]], most: int, texts: list[str] | None = None
) -> Table:
    """Count all ``rows``, keep the first ``most``; the text of every row is added to ``texts``."""
    kept: list[list[Any]] = []
    count = width = 0
    for row in rows:
        cells = [cell(value) for value in row]
        while cells and cells[-1] is None:
            cells.pop()
        if not cells:
            continue
        count += 1
        width = max(width, len(cells))
        if len(kept) < most:
            kept.append(cells)
        if texts is not None:
            texts.append("\t".join("" if value is None else str(value) for value in cells))
    return Table(name=name, row_count=count, column_count=width, rows=kept)


def cell(value: Any) -> Any:
    """A cell fit for JSON."""
    match value:
        case None | bool() | int() | float():
            return value
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta():
            return value.total_seconds()
        case _:
            text = str(value).strip()
            return text[:_MAX_CELL_CHARS] or None


def known(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs that have a value, as metadata."""

    def filled() -> Iterator[tuple[str, Any]]:
        for key, value in pairs:
            plain = cell(value.decode("utf-8", "replace") if isinstance(value, bytes) else value)
            if plain not in (None, "", 0):
                yield key, plain

    return dict(filled())
