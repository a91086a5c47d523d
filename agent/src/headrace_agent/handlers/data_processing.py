"""Profiles, queries and converts a table with DuckDB, which can reach nothing but that table.

``HEADRACE_DATA_MEMORY_MB`` (1024), ``HEADRACE_DATA_SPILL_MB`` (4096) and ``HEADRACE_DATA_THREADS`` (2) bound it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from headrace_agent.handlers.api import Context, Handler, HandlerError, InputFile
from headrace_agent.handlers.data.loading import load
from headrace_agent.handlers.data.profile import column_stats, columns, simple_type
from headrace_agent.handlers.data.query import compose, is_asked
from headrace_agent.handlers.data.session import Cancelled, Session, literal, name
from headrace_agent.handlers.data.values import plain
from headrace_agent.handlers.requirements import number_setting, packages
from headrace_contracts.catalogue import data_processing
from headrace_contracts.catalogue.data_processing import DataProcessing

_COPY = {"csv": "FORMAT csv, HEADER true", "json": "FORMAT json, ARRAY true", "parquet": "FORMAT parquet"}


def process(payload: DataProcessing, source: InputFile | None, ctx: Context) -> dict[str, Any]:
    """``row_count``, ``column_count``, ``columns`` with types and statistics, ``preview``.

    With a question (``sql``, ``filter``, ``group_by``, ...) also ``result`` of ``{row_count, columns, rows}``;
    with ``output_format`` the whole answer is the result file ``result.<format>``. Raises ``HandlerError`` for a
    file that can't be read, a wrong question and one that needs too much memory.
    """
    if source is None:
        raise HandlerError("data-processing needs a file")
    if payload.sql and (payload.filter or payload.group_by or payload.aggregates or payload.sort_by):
        raise HandlerError(
            "sql can't be combined with filter, group_by, aggregates or sort_by: write it in the SQL"
        )
    try:
        with Session(
            memory_mb=number_setting("HEADRACE_DATA_MEMORY_MB", 1024),
            spill_mb=number_setting("HEADRACE_DATA_SPILL_MB", 4096),
            threads=number_setting("HEADRACE_DATA_THREADS", 2),
            cancelled=lambda: ctx.cancelled,
        ) as session:
            return _process(session, payload, source, ctx)
    except Cancelled:
        return {}
    except MemoryError as error:
        raise HandlerError("the data needs more memory than an agent gives to one job") from error


def _process(session: Session, payload: DataProcessing, source: InputFile, ctx: Context) -> dict[str, Any]:
    load(session, source, payload)
    ctx.progress(30, "loaded")
    output = ctx.output_path(f"result.{payload.output_format}") if payload.output_format else None
    if output is not None:
        session.hide(output, output.name)
    session.lock(output)
    result = _describe(session, payload, ctx)
    answer = "data"
    if is_asked(payload):
        answer = "answer"
        _ask(session, payload, [column["name"] for column in result["columns"]])
        result["result"] = {
            "row_count": _count(session, answer),
            "columns": [_column(*column) for column in columns(session, answer)],
            "rows": _rows(session, answer, payload.preview_rows),
        }
        ctx.progress(90, "asked")
    if output is not None and payload.output_format is not None:
        result["output"] = _write(session, answer, output, payload.output_format)
    ctx.progress(100)
    return result


def _describe(session: Session, payload: DataProcessing, ctx: Context) -> dict[str, Any]:
    found = columns(session, "data")
    described = []
    for index, (column, kind) in enumerate(found):
        entry = _column(column, kind)
        if payload.stats:
            entry |= column_stats(session, "data", column, kind)
        if ctx.cancelled:
            raise Cancelled
        described.append(entry)
        ctx.progress(30 + 50 * (index + 1) / len(found), f"column {index + 1} of {len(found)}")
    return {
        "row_count": _count(session, "data"),
        "column_count": len(found),
        "columns": described,
        "preview": _rows(session, "data", payload.preview_rows),
    }


def _ask(session: Session, payload: DataProcessing, known: list[str]) -> None:
    """Make the table ``answer``."""
    try:
        sql, values = compose(payload, known) if payload.sql is None else (_sql(session, payload), [])
        session.run(f"CREATE TABLE answer AS\n{sql}", values)
    except HandlerError as error:
        raise HandlerError(f"{'the question' if payload.sql is None else 'sql'}: {error}") from error


def _sql(session: Session, payload: DataProcessing) -> str:
    sql = (payload.sql or "").strip().rstrip(";")
    if not session.is_one_select(sql):
        raise HandlerError("it must be one SELECT over the table data")
    return sql if payload.limit is None else f"SELECT * FROM (\n{sql}\n) LIMIT {payload.limit}"  # noqa: S608 - one SELECT, sandboxed


def _column(column: str, kind: str) -> dict[str, Any]:
    return {"name": column, "type": simple_type(kind), "sql_type": kind[:200]}


def _count(session: Session, table: str) -> int:
    return int(session.run(f"SELECT count(*) FROM {name(table)}")[0][0])  # noqa: S608 - quoted


def _rows(session: Session, table: str, most: int) -> list[dict[str, Any]]:
    heads = [column for column, _ in columns(session, table)]
    rows = session.run(f"SELECT * FROM {name(table)} LIMIT {most}")  # noqa: S608 - quoted
    return [dict(zip(heads, map(plain, row), strict=True)) for row in rows]


def _write(session: Session, table: str, path: Path, kind: str) -> dict[str, Any]:
    session.run(f"COPY {name(table)} TO {literal(str(path))} ({_COPY[kind]})")
    return {"file": path.name, "format": kind, "size_bytes": path.stat().st_size}


HANDLER = Handler(
    model=data_processing.MODEL,
    run=process,
    missing=packages("data", "duckdb", "defusedxml"),
    version="duckdb",
)
