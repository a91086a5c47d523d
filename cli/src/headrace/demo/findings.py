"""What a job found, in a sentence, and whether it is what everybody can see in its input."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from headrace.demo import samples_text

Result = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """``expectation`` says what was to be found, ``as_expected`` whether it was."""

    sentence: str
    expectation: str
    as_expected: bool


def find(key: str, result: Result) -> Finding:
    """The finding of the job ``key`` of the demo. A result that has not the documented fields is a wrong one."""
    expectation, look = _LOOKS[key]
    try:
        sentence, as_expected = look(result)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        return Finding(sentence=f"not as documented: {error!r}", expectation=expectation, as_expected=False)
    return Finding(sentence=sentence, expectation=expectation, as_expected=as_expected)


def _photo(result: Result) -> tuple[str, bool]:
    seen = [f"{each['label']} {each['confidence']:.2f}" for each in result["predictions"]]
    return ", ".join(seen), any("cat" in label.lower() for label in seen)


def _objects(result: Result) -> tuple[str, bool]:
    counts = result["counts"]
    return counted(counts), "bicycle" in counts or "car" in counts


def _video(result: Result) -> tuple[str, bool]:
    labels = [each["label"] for each in result["objects"]]
    sentence = (
        f"{result['duration_s']:.1f} s, {plural(result['scene_count'], 'scene')}: {', '.join(labels[:4])}"
    )
    return sentence, 9 < result["duration_s"] < 11 and bool({"bicycle", "car"} & set(labels))


def _speech(result: Result) -> tuple[str, bool]:
    sentence = f"{result['duration_s']:.1f} s of speech, {plural(result['sentences'], 'sentence')}"
    return sentence, 4 < result["duration_s"] < 30


def _transcript(result: Result) -> tuple[str, bool]:
    heard = result["transcription"]
    return f"“{heard}”", word_share(samples_text.SPOKEN, heard) >= 0.8


def _answer(result: Result) -> tuple[str, bool]:
    text = " ".join(result["generated_text"].split())
    return f"“{text}”", "Paris" in text


def _story(result: Result) -> tuple[str, bool]:
    if "generated_text" not in result:
        return f"the sum is {result['result']['rows'][0]['total']:.0f}", True
    text = " ".join(result["generated_text"].split())
    return f"“{text[:60]}…”, {result['tokens_generated']} tokens", result["tokens_generated"] > 20


def _painting(result: Result) -> tuple[str, bool]:
    words = result.get("understood_words")
    painted = f" from: {', '.join(words)}" if words else ""
    sentence = f"{result['width']}×{result['height']} by {result['generator']}{painted}"
    return sentence, (result["width"], result["height"]) == (512, 512)


def _document(result: Result) -> tuple[str, bool]:
    keywords = [each["keyword"] for each in result["keywords"]]
    size = f"{plural(result['pages'], 'page')}, {result['words']} words ({result['language']})"
    sentence = f"{size}: {', '.join(keywords[:4])}"
    about = any("turbine" in keyword for keyword in keywords)
    return sentence, result["pages"] == len(samples_text.PDF_PAGES) and about


def _table(result: Result) -> tuple[str, bool]:
    mean = next(column["mean"] for column in result["columns"] if column["name"] == "flow_l_s")
    groups = result["result"]["row_count"]
    sentence = f"{result['row_count']:,} rows, {groups} stations, mean flow {mean:.1f} l/s"
    flows = [row[3] for row in samples_text.csv_rows()]
    right_mean = abs(mean - sum(flows) / len(flows)) < 1e-6
    whole = result["row_count"] == samples_text.CSV_ROWS and groups == len(samples_text.CSV_STATIONS)
    return sentence, whole and right_mean


def _mesh(result: Result) -> tuple[str, bool]:
    length, width, height = sorted(result["extents"], reverse=True)
    sentence = (
        f"{result['vertices']:,} vertices, {result['faces']:,} faces, "
        f"{length:.0f} × {width:.0f} × {height:.0f} {result['units']}"
    )
    return sentence, result["faces"] > 1000 and length > width > height > 0


_LOOKS: Final[Mapping[str, tuple[str, Callable[[Result], tuple[str, bool]]]]] = {
    "photo": ("the cat is recognised as a cat", _photo),
    "objects": ("bicycles or cars are found in the street", _objects),
    "video": ("the street is watched for ten seconds", _video),
    "speech": ("the text is read aloud", _speech),
    "transcript": ("what was read aloud is understood again", _transcript),
    "answer": ("the capital of France is Paris", _answer),
    "killed": ("the job whose agent was killed has its result all the same", _story),
    "painting": ("a picture of 512×512 is painted", _painting),
    "document": ("the report has three pages about a turbine", _document),
    "table": ("all 100,000 rows are counted and their mean is right", _table),
    "mesh": ("the airplane is longer than it is wide and high", _mesh),
}

#: The keys of the jobs that are to find something.
TOLD: Final = frozenset(_LOOKS)


def counted(counts: Mapping[str, int]) -> str:
    """{"car": 2} as «2 cars»."""
    return ", ".join(plural(count, label) for label, count in counts.items()) or "nothing"


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def word_share(said: str, heard: str) -> float:
    """Which part (0-1) of the words of ``said`` are in ``heard``."""
    words = _words(said)
    there = set(_words(heard))
    return sum(word in there for word in words) / len(words) if words else 0.0


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())
