from __future__ import annotations

import pytest

from headrace_agent.handlers.api import HandlerError
from headrace_agent.handlers.data.query import compose, is_asked
from headrace_contracts.catalogue.data_processing import Aggregate, DataProcessing, Filter

COLUMNS = ["City", "n", "-n"]


def test_nothing_asked_is_the_whole_table() -> None:
    assert not is_asked(DataProcessing())
    assert compose(DataProcessing(), COLUMNS) == ('SELECT "City", "n", "-n" FROM data', [])


def test_values_are_parameters_and_names_are_quoted() -> None:
    payload = DataProcessing(
        filter=[
            Filter(column="city", op="contains", value='x" OR 1'),
            Filter(column="n", op="in", value=[1, 2]),
            Filter(column="n", op="not_null"),
        ],
        sort_by="-City",
        limit=5,
    )
    assert compose(payload, COLUMNS) == (
        (
            'SELECT "City", "n", "-n" FROM data WHERE contains("City"::VARCHAR, ?) AND "n" IN (?, ?) '
            'AND "n" IS NOT NULL ORDER BY "City" DESC NULLS LAST LIMIT 5'
        ),
        ['x" OR 1', 1, 2],
    )


def test_a_column_that_starts_with_a_minus_is_not_a_direction() -> None:
    sql, _ = compose(DataProcessing(sort_by="-n"), COLUMNS)
    assert 'ORDER BY "-n" ASC' in sql


def test_groups_without_aggregates_are_counted() -> None:
    sql, _ = compose(DataProcessing(group_by=["city"]), COLUMNS)
    assert sql == 'SELECT "City", count(*) AS "count" FROM data GROUP BY ALL ORDER BY ALL'


def test_groups_sort_by_what_they_show_only() -> None:
    payload = DataProcessing(
        group_by=["City"], aggregates=[Aggregate(function="p95", column="n")], sort_by="-p95_n"
    )
    sql, _ = compose(payload, COLUMNS)
    assert sql == (
        'SELECT "City", quantile_cont("n", 0.95) AS "p95_n" FROM data GROUP BY ALL ORDER BY "p95_n" DESC NULLS LAST'
    )
    with pytest.raises(HandlerError, match="no column 'n'"):
        compose(payload.model_copy(update={"sort_by": "n"}), COLUMNS)


def test_columns_and_groups_exclude_each_other() -> None:
    with pytest.raises(HandlerError, match="can't be combined"):
        compose(DataProcessing(columns=["n"], group_by=["City"]), COLUMNS)
