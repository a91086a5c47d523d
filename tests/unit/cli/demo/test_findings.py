"""What the demo reads out of results."""

from __future__ import annotations

from typing import Any

import pytest

from headrace.demo.findings import counted, find, word_share
from headrace.demo.samples_text import SPOKEN

KEYWORDS = [{"keyword": "turbine", "count": 9}, {"keyword": "water", "count": 7}]

RIGHT: dict[str, dict[str, Any]] = {
    "photo": {"predictions": [{"label": "tiger cat", "confidence": 0.38}]},
    "objects": {"counts": {"car": 2, "person": 1}},
    "video": {"duration_s": 10.0, "scene_count": 1, "objects": [{"label": "car"}]},
    "speech": {"duration_s": 9.7, "sentences": 4},
    "transcript": {"transcription": SPOKEN},
    "answer": {"generated_text": "It is\nParis."},
    "killed": {"generated_text": "Once upon a time", "tokens_generated": 120},
    "painting": {
        "width": 512,
        "height": 512,
        "generator": "procedural+neural-style",
        "understood_words": ["river"],
    },
    "document": {"pages": 3, "words": 186, "language": "en", "keywords": KEYWORDS},
    "mesh": {"vertices": 1335, "faces": 2452, "extents": [3, 9, 5], "units": "m"},
}
WRONG: dict[str, dict[str, Any]] = {
    "photo": {"predictions": [{"label": "espresso", "confidence": 0.9}]},
    "objects": {"counts": {"cow": 2}},
    "video": {"duration_s": 3.0, "scene_count": 1, "objects": [{"label": "car"}]},
    "speech": {"duration_s": 0.2, "sentences": 4},
    "transcript": {"transcription": "Good evening."},
    "answer": {"generated_text": "London"},
    "killed": {"generated_text": "Once", "tokens_generated": 1},
    "painting": {"width": 64, "height": 64, "generator": "x"},
    "document": {"pages": 1, "words": 186, "language": "en", "keywords": KEYWORDS},
    "mesh": {"vertices": 8, "faces": 12, "extents": [1, 1, 1], "units": "m"},
}
SENTENCES = {
    "photo": "tiger cat 0.38",
    "objects": "2 cars, 1 person",
    "video": "10.0 s, 1 scene: car",
    "answer": "“It is Paris.”",
    "painting": "512×512 by procedural+neural-style from: river",
    "document": "3 pages, 186 words (en): turbine, water",
    "mesh": "1,335 vertices, 2,452 faces, 9 × 5 × 3 m",
}


@pytest.mark.parametrize("key", RIGHT)
def test_a_right_result(key: str) -> None:
    finding = find(key, RIGHT[key])
    assert finding.as_expected, finding
    assert finding.sentence.startswith(SENTENCES.get(key, ""))


@pytest.mark.parametrize("key", WRONG)
def test_a_wrong_result(key: str) -> None:
    assert not find(key, WRONG[key]).as_expected


@pytest.mark.parametrize("key", [*RIGHT, "table"])
def test_a_result_without_the_documented_fields_is_wrong(key: str) -> None:
    finding = find(key, {})
    assert not finding.as_expected
    assert finding.sentence.startswith("not as documented")


def test_the_table_is_held_against_the_rows_themselves() -> None:
    from headrace.demo import samples_text

    flows = [row[3] for row in samples_text.csv_rows()]
    right = {
        "row_count": 100_000,
        "result": {"row_count": 5},
        "columns": [{"name": "id"}, {"name": "flow_l_s", "mean": sum(flows) / len(flows)}],
    }
    assert find("table", right).as_expected
    assert find("table", right).sentence == "100,000 rows, 5 stations, mean flow 700.0 l/s"
    assert not find("table", {**right, "columns": [{"name": "flow_l_s", "mean": 699.0}]}).as_expected
    assert not find("table", {**right, "row_count": 99_999}).as_expected


def test_words() -> None:
    assert word_share("Open the gate!", "the gate is open") == 1.0
    assert word_share("Open the gate", "gate") == pytest.approx(1 / 3)
    assert word_share("", "x") == 0.0
    assert counted({}) == "nothing"
