"""The demo's inputs hold what they promise, for the handlers that read them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.handler_context import RecordingContext, run_handler

from headrace.demo import samples_text
from headrace_agent.handlers import data_processing, document_analysis, speech_to_text


@pytest.mark.parametrize("make", [samples_text.speech_wav, samples_text.csv_100k, samples_text.pdf])
def test_a_sample_is_the_same_each_time(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    first = make(tmp_path)
    before = first.read_bytes()
    assert make(tmp_path).read_bytes() == before
    assert first.parent == tmp_path


def test_the_recording_is_understood(tmp_path: Path) -> None:
    path = samples_text.speech_wav(tmp_path)
    heard = run_handler(speech_to_text.HANDLER, {}, RecordingContext(tmp_path), path=path, mime="audio/wav")[
        "transcription"
    ]
    assert re.findall("[a-z]+", heard.lower()) == re.findall("[a-z]+", samples_text.SPOKEN.lower())


def test_the_table_has_the_sums_of_its_formula(tmp_path: Path) -> None:
    path = samples_text.csv_100k(tmp_path)
    payload = {
        "group_by": ["station"],
        "aggregates": [{"function": "count"}, {"function": "sum", "column": "flow_l_s"}],
    }
    found = run_handler(
        data_processing.HANDLER, payload, RecordingContext(tmp_path), path=path, mime="text/csv"
    )
    assert found["row_count"] == samples_text.CSV_ROWS
    assert {c["name"]: c["type"] for c in found["columns"]} == {
        "id": "integer",
        "station": "text",
        "time": "time",
        "flow_l_s": "integer",
        "temperature_c": "number",
        "remark": "text",
    }  # fmt: skip - one row
    weir = sum(flow for _, station, _, flow, _, _ in samples_text.csv_rows() if station == "weir")
    assert {"station": "weir", "count": 20_000, "sum_flow_l_s": weir} in found["result"]["rows"]


def test_the_report_is_about_the_turbine(tmp_path: Path) -> None:
    path = samples_text.pdf(tmp_path)
    found = run_handler(
        document_analysis.HANDLER, {}, RecordingContext(tmp_path), path=path, mime="application/pdf"
    )
    assert (found["pages"], found["language"]) == (3, "en")
    assert found["metadata"]["title"] == samples_text.PDF_TITLE
    assert {entry["keyword"] for entry in found["keywords"][:2]} == {"turbine", "water"}
    assert "turbine" in found["summary"]
