"""Tables for people: whole ids, harmless names. JSON for programs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from headrace.cli.durations import parse_span
from headrace.cli.listing import cell, print_json, print_table


@dataclass(frozen=True, slots=True)
class Thing:
    id: UUID
    at: datetime


def test_a_table_that_is_piped_is_not_cut(capsys: pytest.CaptureFixture[str]) -> None:
    wide = "x" * 150
    print_table(("one", "two"), [(wide, wide)], none="nothing")
    assert capsys.readouterr().out.split() == ["one", "two", wide, wide]


def test_an_empty_table_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("one",), [], none="nothing here")
    assert capsys.readouterr().out == "nothing here\n"


def test_names_can_neither_move_the_cursor_nor_paint(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name",), [("a\x1b[2Jb\n[red]c[/red]",)], none="")
    assert "a?[2Jb?[red]c[/red]" in capsys.readouterr().out


def test_cells() -> None:
    assert cell(None) == "-"
    assert cell(["a", "b"]) == "a b"
    assert cell(datetime(2026, 1, 2, 1, 4, tzinfo=timezone(timedelta(hours=2)))) == "2026-01-01 23:04Z"


def test_json_has_plain_values(capsys: pytest.CaptureFixture[str]) -> None:
    thing = Thing(UUID(int=1), datetime(2026, 1, 2, tzinfo=UTC))
    print_json({"things": [thing]})
    assert json.loads(capsys.readouterr().out) == {
        "things": [{"id": str(UUID(int=1)), "at": "2026-01-02T00:00:00Z"}]
    }


@pytest.mark.parametrize(("text", "hours"), [("30m", 0.5), ("12h", 12), ("90d", 2160), (" 2w ", 336)])
def test_spans(text: str, hours: float) -> None:
    assert parse_span(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "90", "d", "-1d", "0d", "1.5h", "1y", "1d1h"])
def test_what_is_no_span(text: str) -> None:
    with pytest.raises(ValueError, match="write 30m"):
        parse_span(text)
