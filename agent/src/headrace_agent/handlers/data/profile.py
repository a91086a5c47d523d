"""What a column holds, in figures."""

from __future__ import annotations

from typing import Any, Final

from headrace_agent.handlers.data.session import Session, name
from headrace_agent.handlers.data.values import plain

_NUMBERS: Final = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
    "FLOAT",
    "DOUBLE",
    "DECIMAL",
)  # fmt: skip - one list, read across
_ORDERED: Final = ("DATE", "TIME", "TIMESTAMP")
#: A text column with at most so many different values gets a table of the most frequent ones.
_CATEGORIES = 100
_TOP = 5


def columns(session: Session, table: str) -> list[tuple[str, str]]:
    """Name and DuckDB type of each column of ``table``."""
    found = session.run(f"SELECT column_name, column_type FROM (DESCRIBE {name(table)})")  # noqa: S608 - quoted
    return [(str(column), str(kind)) for column, kind in found]


def column_stats(session: Session, table: str, column: str, kind: str) -> dict[str, Any]:
    """``null_count``, ``distinct_approx`` and, as the type allows, sums, quantiles, lengths or top values."""
    quoted = name(column)
    figures = {"null_count": f"count(*) - count({quoted})"}
    if _is(kind, _NUMBERS):
        # Integers are added up exactly; everything else is reckoned in floating point.
        total = quoted if "INT" in kind else f"{quoted}::DOUBLE"
        finite = f"FILTER (WHERE isfinite({quoted}::DOUBLE))"
        figures |= {
            "distinct_approx": f"approx_count_distinct({quoted})",
            "min": f"min({quoted})",
            "max": f"max({quoted})",
            "sum": f"sum({total}) {finite}",
            "mean": f"avg({quoted}::DOUBLE) {finite}",
            "stddev": f"stddev_samp({quoted}::DOUBLE) {finite}",
            "p25": f"quantile_cont({quoted}::DOUBLE, 0.25) {finite}",
            "median": f"quantile_cont({quoted}::DOUBLE, 0.5) {finite}",
            "p75": f"quantile_cont({quoted}::DOUBLE, 0.75) {finite}",
        }
    elif _is(kind, _ORDERED):
        figures |= {
            "distinct_approx": f"approx_count_distinct({quoted})",
            "min": f"min({quoted})::VARCHAR",
            "max": f"max({quoted})::VARCHAR",
        }
    elif kind == "BOOLEAN":
        figures["true_count"] = f"count(*) FILTER (WHERE {quoted})"
    elif kind == "VARCHAR":
        figures |= {
            "distinct_approx": f"approx_count_distinct({quoted})",
            "min_length": f"min(length({quoted}))",
            "max_length": f"max(length({quoted}))",
        }
    asked = ", ".join(f"{expression} AS {key}" for key, expression in figures.items())
    row = session.run(f"SELECT {asked} FROM {name(table)}")[0]  # noqa: S608 - names are quoted
    stats = {key: plain(value) for key, value in zip(figures, row, strict=True)}
    if kind == "VARCHAR" and stats["distinct_approx"] <= _CATEGORIES:
        stats["top"] = _top(session, table, quoted)
    return stats


def _top(session: Session, table: str, quoted: str) -> list[dict[str, Any]]:
    rows = session.run(
        f"SELECT {quoted}, count(*) AS n FROM {name(table)} WHERE {quoted} IS NOT NULL "  # noqa: S608 - quoted
        f"GROUP BY 1 ORDER BY n DESC, 1 LIMIT {_TOP}"
    )
    return [{"value": plain(value), "count": count} for value, count in rows]


def _is(kind: str, family: tuple[str, ...]) -> bool:
    return not kind.endswith("]") and kind.startswith(family)


def simple_type(kind: str) -> str:
    """DuckDB's type as a word that says enough to people: integer, number, text, boolean, time, nested, other."""
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION", "JSON")):
        return "nested"
    if _is(kind, _NUMBERS):
        return "integer" if "INT" in kind else "number"
    if _is(kind, _ORDERED):
        return "time"
    return {"VARCHAR": "text", "BOOLEAN": "boolean"}.get(kind, "other")
