"""Real tables: profiled, queried and converted."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from tests.support.handler_context import RecordingContext, run_handler

from headrace_agent.handlers import data_processing
from headrace_agent.handlers.api import HandlerError

ROWS = 100_000
CITIES = ("Bern", "Oslo", "Turin", "Zürich")


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100,000 orders whose sums are known without a computer."""
    path = tmp_path_factory.mktemp("data") / "orders.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["id", "city", "amount", "paid", "day", "note"])
        for n in range(ROWS):
            day = f"2025-01-{n % 28 + 1:02}"
            out.writerow([n, CITIES[n % 4], n % 100 / 4, n % 2 == 0, day, "" if n % 10 else "gift, wrapped"])
    return path


@pytest.fixture
def ctx(tmp_path: Path) -> RecordingContext:
    return RecordingContext(tmp_path)


def test_each_column_is_typed_and_reckoned(ctx: RecordingContext, orders: Path) -> None:
    result = run_handler(data_processing.HANDLER, {"preview_rows": 2}, ctx, path=orders, mime="text/csv")
    assert (result["row_count"], result["column_count"]) == (ROWS, 6)
    column = {entry["name"]: entry for entry in result["columns"]}
    assert {name: entry["type"] for name, entry in column.items()} == {
        "id": "integer",
        "city": "text",
        "amount": "number",
        "paid": "boolean",
        "day": "time",
        "note": "text",
    }  # fmt: skip - one row
    assert column["id"]["sum"] == ROWS * (ROWS - 1) // 2
    assert (column["id"]["min"], column["id"]["max"]) == (0, ROWS - 1)
    assert column["amount"]["sum"] == pytest.approx(ROWS * 12.375)
    assert column["amount"]["median"] == pytest.approx(12.375, abs=0.13)
    assert column["paid"]["true_count"] == ROWS // 2
    assert (column["day"]["min"], column["day"]["max"]) == ("2025-01-01", "2025-01-28")
    assert column["note"]["null_count"] == ROWS * 9 // 10
    assert column["city"]["top"][0]["count"] == ROWS // 4
    assert {top["value"] for top in column["city"]["top"]} == set(CITIES)
    assert result["preview"][1] == {
        "id": 1,
        "city": "Oslo",
        "amount": 0.25,
        "paid": False,
        "day": "2025-01-02",
        "note": None,
    }  # fmt: skip - one row
    assert ctx.percents[-1] == 100


def test_groups_of_filtered_rows(ctx: RecordingContext, orders: Path) -> None:
    payload = {
        "filter": [
            {"column": "paid", "op": "=", "value": True},
            {"column": "City", "op": "in", "value": ["Bern", "Turin", "Oslo"]},
            {"column": "id", "op": "<", "value": 1000},
        ],
        "group_by": ["city"],
        "aggregates": [{"function": "count"}, {"function": "sum", "column": "id"}],
        "sort_by": "-sum_id",
    }
    answer = run_handler(data_processing.HANDLER, payload, ctx, path=orders, mime="text/csv")["result"]
    assert answer["rows"] == [
        {"city": "Turin", "count": 250, "sum_id": sum(range(2, 1000, 4))},
        {"city": "Bern", "count": 250, "sum_id": sum(range(0, 1000, 4))},
    ]


def test_sql_over_the_table(ctx: RecordingContext, orders: Path) -> None:
    payload = {"sql": "SELECT day, count(*) AS n FROM data GROUP BY day ORDER BY day -- all\n;", "limit": 3}
    answer = run_handler(data_processing.HANDLER, payload, ctx, path=orders, mime="text/csv")["result"]
    assert answer["row_count"] == 3
    assert answer["rows"][0] == {"day": "2025-01-01", "n": 3572}


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_what_is_converted_reads_the_same(orders: Path, tmp_path: Path, kind: str) -> None:
    ctx = RecordingContext(tmp_path)
    payload = {"output_format": kind, "sort_by": "-id", "columns": ["id", "city"], "stats": False}
    run_handler(data_processing.HANDLER, payload, ctx, path=orders, mime="text/csv")
    assert ctx.output is not None
    assert ctx.output.name == f"result.{kind}"
    mime = {"csv": "text/csv", "json": "application/json", "parquet": "application/x-parquet"}[kind]
    again = RecordingContext(tmp_path / "out")
    result = run_handler(data_processing.HANDLER, {}, again, path=ctx.output, mime=mime)
    assert result["row_count"] == ROWS
    assert result["columns"][0]["sum"] == ROWS * (ROWS - 1) // 2
    assert result["preview"][0] == {"id": ROWS - 1, "city": "Zürich"}


def test_xml_rows_with_attributes_and_inner_elements(ctx: RecordingContext, tmp_path: Path) -> None:
    path = tmp_path / "items.xml"
    items = "".join(
        f"<o:item id='{n}'><name>Part &amp; {n}</name><size><w>{n / 2}</w></size><tag>a</tag><tag>b</tag></o:item>"
        for n in range(500)
    )
    head = "<shop xmlns:o='urn:o'><head><made>2025-01-01</made></head><items>"
    path.write_text(f"{head}{items}</items></shop>", encoding="utf-8")
    result = run_handler(data_processing.HANDLER, {}, ctx, path=path, mime="application/xml")
    assert result["row_count"] == 500
    assert result["preview"][3] == {"id": 3, "name": "Part & 3", "size.w": 1.5, "tag": "a; b"}
    assert {c["name"]: c["type"] for c in result["columns"]}["size.w"] == "number"
    named = run_handler(
        data_processing.HANDLER, {"row_element": "head"}, ctx, path=path, mime="application/xml"
    )
    assert named["preview"] == [{"made": "2025-01-01"}]


def test_json_lines_and_nested_values(ctx: RecordingContext, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("\n".join(json.dumps({"a": n, "b": {"c": [n, n]}}) for n in range(20)))
    result = run_handler(
        data_processing.HANDLER, {"preview_rows": 1}, ctx, path=path, mime="application/json"
    )
    assert result["row_count"] == 20
    assert result["preview"] == [{"a": 0, "b": {"c": [0, 0]}}]
    assert [c["type"] for c in result["columns"]] == ["integer", "nested"]


@pytest.mark.parametrize("code", ["latin-1", "utf-16", "utf-8-sig"])
def test_other_encodings_and_separators(ctx: RecordingContext, tmp_path: Path, code: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("name;n\nZürich;1\nGenève;2\n".encode(code))
    result = run_handler(data_processing.HANDLER, {}, ctx, path=path, mime="text/csv")
    assert result["preview"] == [{"name": "Zürich", "n": 1}, {"name": "Genève", "n": 2}]


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x><r>&b;</r></x>'


@pytest.mark.parametrize(
    ("name", "mime", "content", "reason"),
    [
        ("x.csv", "text/csv", b"", "empty"),
        ("x.parquet", "application/x-parquet", b"PAR1" + bytes(100), "x.parquet can't be read"),
        ("x.json", "application/json", b'{"a": [1, 2', "x.json can't be read"),
        ("x.xml", "application/xml", b"<a><b>1</b><b>", "the XML is broken"),
        ("x.xml", "application/xml", BOMB.encode(), "declares entities"),
        ("x.xml", "application/xml", b"<a>" * 60 + b"</a>" * 60, "nested more than"),
        ("x.csv", "text/csv", b"a,b\n1,2\n3,4,5,6\n7,8\n" * 20, "differ in their number of fields"),
        ("x.csv", "text/csv", bytes(range(256)) * 20, "x.csv can't be read"),
    ],
)
def test_broken_files_are_refused(
    ctx: RecordingContext, tmp_path: Path, name: str, mime: str, content: bytes, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(HandlerError, match=reason) as caught:
        run_handler(data_processing.HANDLER, {}, ctx, path=path, mime=mime)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELEKT 1", "syntax error"),
        ("SELECT nope FROM data", "nope"),
        ("SELECT 1; SELECT 2", "one SELECT"),
        ("DROP TABLE data", "one SELECT"),
        ("COPY data TO 'x.csv'", "one SELECT"),
        ("SET memory_limit = '1TB'", "one SELECT"),
        ("ATTACH 'x.db'", "one SELECT"),
        ("SELECT * FROM read_csv('/etc/passwd')", "disabled by configuration"),
        ("SELECT * FROM read_text('/proc/self/environ')", "disabled by configuration"),
        ("SELECT * FROM glob('/*')", "disabled by configuration"),
        ("SELECT * FROM '/etc/passwd'", "does not exist"),
        ("SELECT * FROM read_csv('http://127.0.0.1:1/x.csv')", "disabled|httpfs|[Ee]xtension"),
        ("SELECT * FROM payload", "does not exist"),
        ("SELECT repeat('x', 3000000000)", "memory"),
        ("SELECT string_agg(repeat('x', 1000000), '') FROM range(1000000)", "memory"),
        ("SELECT a.*, b.*, random() FROM data a, data b ORDER BY random()", "memory|disk|space"),
    ],
)
def test_sql_that_is_wrong_or_reaches_out(
    ctx: RecordingContext, orders: Path, monkeypatch: pytest.MonkeyPatch, sql: str, reason: str
) -> None:
    monkeypatch.setenv("HEADRACE_DATA_MEMORY_MB", "256")
    monkeypatch.setenv("HEADRACE_DATA_SPILL_MB", "64")
    payload = {"sql": sql, "stats": False}
    with pytest.raises(HandlerError, match=reason):
        run_handler(data_processing.HANDLER, payload, ctx, path=orders, mime="text/csv")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"group_by": ["town"]}, "no column 'town'; there are: id, city"),
        ({"aggregates": [{"function": "sum"}]}, "sum needs a column"),
        ({"filter": [{"column": "id", "op": "="}]}, "needs one value"),
        ({"filter": [{"column": "id", "op": "in", "value": 3}]}, "list of values"),
        ({"filter": [{"column": "day", "op": ">", "value": "soon"}]}, "soon"),
        ({"sql": "SELECT 1", "group_by": ["city"]}, "can't be combined"),
    ],
)
def test_a_wrong_question_is_named(
    ctx: RecordingContext, orders: Path, payload: dict[str, object], reason: str
) -> None:
    with pytest.raises(HandlerError, match=reason):
        run_handler(data_processing.HANDLER, payload, ctx, path=orders, mime="text/csv")


def test_a_column_name_is_never_sql(ctx: RecordingContext, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    evil = 'a" FROM data; DROP TABLE data; --'
    path.write_text('"' + evil.replace('"', '""') + '",b\n1,2\n3,4\n')
    payload = {"group_by": [evil], "aggregates": [{"function": "max", "column": evil}], "sort_by": evil}
    result = run_handler(data_processing.HANDLER, payload, ctx, path=path, mime="text/csv")
    assert result["result"]["rows"][1] == {evil: 3, f"max_{evil}": 3}


@pytest.mark.timeout(30)
def test_cancelling_stops_an_endless_query(tmp_path: Path, orders: Path) -> None:
    ctx = RecordingContext(tmp_path, cancel_when=lambda ctx: "column 6 of 6" in ctx.messages)
    sql = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n % 5 + 1 FROM t) SELECT sum(n) FROM t"
    payload = {"sql": sql}
    assert run_handler(data_processing.HANDLER, payload, ctx, path=orders, mime="text/csv") == {}
    assert ctx.looked_at_cancelled > 1
