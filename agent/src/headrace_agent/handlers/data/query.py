"""The client's question as one SELECT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headrace_agent.handlers.api import HandlerError
from headrace_agent.handlers.data.session import name
from headrace_contracts.catalogue.data_processing import Aggregate, DataProcessing, Filter

_FUNCTIONS = {
    "count": "count({})",
    "sum": "sum({})",
    "mean": "avg({})",
    "min": "min({})",
    "max": "max({})",
    "median": "median({})",
    "p95": "quantile_cont({}, 0.95)",
    "stddev": "stddev_samp({})",
    "count_distinct": "count(DISTINCT {})",
}  # fmt: skip - a table


def is_asked(payload: DataProcessing) -> bool:
    """Whether anything but the table as it is was asked for."""
    return bool(
        payload.sql
        or payload.filter
        or payload.group_by
        or payload.aggregates
        or payload.sort_by
        or payload.columns
        or payload.limit
    )


def compose(payload: DataProcessing, columns: Sequence[str]) -> tuple[str, list[Any]]:
    """A SELECT over the table ``data`` and its values, from the fields of ``payload`` without ``sql``.

    Raises ``HandlerError`` that names the unknown column and those there are.
    """
    known = {column.lower(): column for column in columns}
    shown = _shown(payload, known)
    sql = [f"SELECT {', '.join(shown.values())} FROM data"]  # noqa: S608 - names are quoted
    values: list[Any] = []
    if payload.filter:
        sql.append("WHERE " + " AND ".join(_condition(item, known, values) for item in payload.filter))
    if payload.group_by:
        sql.append("GROUP BY ALL")
    if payload.sort_by:
        down = payload.sort_by.startswith("-") and payload.sort_by.lower() not in known
        wanted = payload.sort_by[1:] if down else payload.sort_by
        # A plain list may be sorted by a column that it leaves out, groups by their own columns only.
        grouped = payload.group_by or payload.aggregates
        candidates = {column.lower(): column for column in shown} | ({} if grouped else known)
        sql.append(f"ORDER BY {name(_column(wanted, candidates))} {'DESC' if down else 'ASC'} NULLS LAST")
    elif payload.group_by:
        sql.append("ORDER BY ALL")
    if payload.limit is not None:
        sql.append(f"LIMIT {payload.limit}")
    return " ".join(sql), values


def _shown(payload: DataProcessing, known: dict[str, str]) -> dict[str, str]:
    """Name and expression of each column of the answer."""
    if not payload.group_by and not payload.aggregates:
        chosen = [_column(column, known) for column in payload.columns] or list(known.values())
        return {column: name(column) for column in chosen}
    if payload.columns:
        raise HandlerError("columns can't be combined with group_by or aggregates: these decide the columns")
    groups = [_column(column, known) for column in payload.group_by]
    shown = {column: name(column) for column in groups}
    for aggregate in payload.aggregates or [Aggregate(function="count")]:
        if aggregate.column is None and aggregate.function != "count":
            raise HandlerError(f"aggregate {aggregate.function} needs a column")
        column = None if aggregate.column is None else _column(aggregate.column, known)
        alias = aggregate.function if column is None else f"{aggregate.function}_{column}"
        expression = _FUNCTIONS[aggregate.function].format("*" if column is None else name(column))
        shown[alias] = f"{expression} AS {name(alias)}"
    return shown


def _condition(item: Filter, known: dict[str, str], values: list[Any]) -> str:
    column = name(_column(item.column, known))
    if item.op in ("is_null", "not_null"):
        return f"{column} IS {'NOT ' if item.op == 'not_null' else ''}NULL"
    if item.op == "in":
        if not isinstance(item.value, list) or not item.value:
            raise HandlerError(f"filter on {item.column}: in needs a list of values")
        values.extend(item.value)
        return f"{column} IN ({', '.join('?' * len(item.value))})"
    if item.value is None or isinstance(item.value, list):
        raise HandlerError(f"filter on {item.column}: {item.op} needs one value")
    values.append(str(item.value) if item.op == "contains" else item.value)
    if item.op == "contains":
        return f"contains({column}::VARCHAR, ?)"
    return f"{column} {item.op} ?"


def _column(wanted: str, known: dict[str, str]) -> str:
    if (found := known.get(wanted.lower())) is None:
        raise HandlerError(
            f"there is no column {wanted!r}; there are: {', '.join(list(known.values())[:50])}"
        )
    return found
