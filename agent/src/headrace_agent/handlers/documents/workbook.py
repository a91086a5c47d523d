"""Excel's .xlsx, with openpyxl."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from headrace_agent.handlers.api import Context, HandlerError
from headrace_agent.handlers.documents import archive
from headrace_agent.handlers.documents.content import Document, collect_table, known

_MAX_ROWS = 1_000_000
_LOOK_EVERY = 1000


def read(path: Path, *, max_rows: int, ctx: Context) -> Document:
    """Values as they were last computed. Raises ``HandlerError`` for a broken file."""
    import openpyxl

    archive.check(path, "xlsx", "xl/workbook.xml")
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            texts: list[str] = []
            tables = []
            for index, sheet in enumerate(book.worksheets):
                tables.append(collect_table(sheet.title, _rows(sheet, ctx), max_rows, texts))
                ctx.progress(80 * (index + 1) / len(book.worksheets), f"sheet {sheet.title}")
            core = book.properties
            names = ("title", "creator", "subject", "keywords", "lastModifiedBy", "created", "modified")
            metadata = known((name, getattr(core, name)) for name in names)
        finally:
            book.close()
    except MemoryError:
        raise
    except Exception as error:  # openpyxl raises what its XML parser and every cell type raise
        raise HandlerError(f"the .xlsx is broken: {error}") from error
    return Document(kind="xlsx", pages=len(tables), text="\n".join(texts), tables=tables, metadata=metadata)


def _rows(sheet: Any, ctx: Context) -> Iterator[Any]:
    for number, row in enumerate(sheet.iter_rows(values_only=True)):
        if number >= _MAX_ROWS or (number % _LOOK_EVERY == 0 and ctx.cancelled):
            return
        yield row
