"""Data processing: statistics, queries and conversion of a table."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from headrace_contracts.catalogue.model import Model, Payload

ColumnName = Annotated[str, Field(min_length=1, max_length=200)]
Cell = bool | int | float | str


class Filter(Payload):
    """Keeps the rows whose ``column`` compares to ``value`` as ``op`` says."""

    column: ColumnName = Field(description="Column to look at")
    op: Literal["=", "!=", "<", "<=", ">", ">=", "in", "contains", "is_null", "not_null"] = Field(
        description="Comparison; contains looks for text inside text"
    )
    value: Cell | list[Cell] | None = Field(
        default=None, description="What to compare with; a list for in, absent for is_null and not_null"
    )


class Aggregate(Payload):
    """One figure for each group."""

    function: Literal["count", "sum", "mean", "min", "max", "median", "p95", "stddev", "count_distinct"] = (
        Field(description="What to compute")
    )
    column: ColumnName | None = Field(
        default=None, description="Column to compute it of; not needed for count"
    )


class DataProcessing(Payload):
    sql: str | None = Field(
        default=None,
        min_length=1,
        max_length=10_000,
        description="One SELECT (DuckDB SQL) over the table data; instead of filter, group_by, sort_by and columns",
    )
    filter: list[Filter] = Field(
        default_factory=list, max_length=20, description="Rows to keep: all must hold"
    )
    group_by: list[ColumnName] = Field(
        default_factory=list, max_length=10, description="Columns whose equal values make a group"
    )
    aggregates: list[Aggregate] = Field(
        default_factory=list, max_length=50, description="Figures of each group; a count when absent"
    )
    sort_by: str | None = Field(
        default=None, min_length=1, max_length=201, description="Column to sort by; -column sorts downwards"
    )
    limit: int | None = Field(default=None, ge=1, description="Rows to keep after sorting")
    columns: list[ColumnName] = Field(
        default_factory=list, max_length=1000, description="Columns to keep; all when absent"
    )
    stats: bool = Field(default=True, description="Compute the statistics of each column")
    preview_rows: int = Field(default=10, ge=0, le=1000, description="Rows to return in the JSON result")
    output_format: Literal["csv", "json", "parquet"] | None = Field(
        default=None, description="Also give all rows as a result file in this format"
    )
    delimiter: str | None = Field(
        default=None, min_length=1, max_length=4, description="Column separator of a CSV; found when absent"
    )
    has_header: bool | None = Field(
        default=None, description="Whether the first line of a CSV holds the column names; found when absent"
    )
    row_element: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="XML element that is one row; the most frequent of the outermost repeated elements when absent",
    )


MODEL = Model(
    id="data-processing",
    name="Data Processing",
    description="Profile, query and convert tabular data",
    requires_file=True,
    allowed_file_types=("text/csv", "application/json", "application/xml", "application/x-parquet"),
    payload=DataProcessing,
    timeout_s=900,
)
