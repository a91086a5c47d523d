"""Titles, descriptions and tags: sensible, and never longer than platforms take."""

from __future__ import annotations

from typing import Any

import pytest

from headrace_agent.handlers.production.wording import Facts, description, name_words, tags, title

KNOWN: dict[str, Any] = {
    "prompt": "",
    "file_name": "",
    "language": "en",
    "tone": "neutral",
    "duration_s": 10.0,
    "scenes": 3,
}


def facts(**known: Any) -> Facts:
    return Facts(**{**KNOWN, **known})


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"title": "  Given  by hand "}, "Given by hand"),
        (
            {"prompt": "please make me a short video about how to brew coffee. Then more."},
            "How to Brew Coffee",
        ),
        ({"prompt": "A quiet morning at a lake. Snow falls."}, "A Quiet Morning at a Lake"),
        ({"prompt": "iPhone and NASA in the city"}, "iPhone and NASA in the City"),
        (
            {
                "prompt": "Our new lock, made of harder steel and with a longer guarantee, and in three colours now"
            },
            "Our New Lock, Made of Harder Steel and with a Longer Guarantee",
        ),
        ({"prompt": "Ein Tag am See", "language": "de"}, "Ein Tag am See"),
        ({"prompt": "产品介绍视频。我们的新自行车锁。", "language": "zh"}, "产品介绍视频"),
        ({"description": "A walk through Rome. With friends.", "file_name": "x.mp4"}, "A Walk Through Rome"),
        ({"file_name": "MyTripToRome_final-2.mp4"}, "My Trip to Rome"),
        ({"file_name": "IMG_2041.MOV", "objects": ("person", "car", "bus")}, "People, Cars and Buses"),
        ({"file_name": "VID_20230101.mp4"}, "Video (10 s, 3 scenes)"),
        ({"scenes": 1}, "Video (10 s)"),
        ({"prompt": "!!! ???"}, "Video (10 s, 3 scenes)"),
    ],
)
def test_the_title(known: dict[str, Any], words: str) -> None:
    assert title(facts(**known)) == words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("summer_in-norway (1).mp4", "summer in norway"),
        ("DSC00123.mov", ""),
        ("PXL_20230512_101112.mp4", ""),
        ("3f2a9c0d1e.mp4", ""),
        ("video.mp4", ""),
        ("noextension", "noextension"),
        ("", ""),
    ],
)
def test_a_file_s_name_counts_when_somebody_chose_it(name: str, words: str) -> None:
    assert name_words(name) == words


def test_the_description_says_what_is_known() -> None:
    known = facts(prompt="Make a video about bees. They fly.", objects=("person",), tone="friendly")
    text = description(known, "Bees", ("bees", "honey making"))
    assert text == (
        "Bees. They fly.\n\n10 seconds in 3 scenes, with people.\n\nThank you for watching!\n\n#Bees #HoneyMaking"
    )
    assert description(facts(description=" Mine. "), "x", ()) == "Mine."


def test_another_language_gets_no_english_sentence() -> None:
    known = facts(prompt="Ein Tag am See.", language="de", tone="friendly", objects=("boat",))
    assert description(known, "Ein Tag am See", ("See",)) == "Ein Tag am See.\n\n#See"


@pytest.mark.parametrize("letter", ["a", "é", "视", "🚲", "a b "])
def test_everything_is_bounded(letter: str) -> None:
    known = facts(prompt=letter * 5000)
    heading = title(known)
    assert 0 < len(heading) <= 100
    found = tags(known, heading)
    assert len(",".join(found)) <= 500
    assert len(description(known, heading, found).encode()) <= 5000
    given = facts(
        description=letter * 5000, title=letter * 200, tags=tuple(f"{letter * 9}{n}" for n in range(99))
    )
    assert len(title(given)) <= 100
    assert len(description(given, "x", ()).encode()) <= 5000
    assert len(",".join(tags(given, "x"))) <= 500


def test_tags_are_the_words_that_matter() -> None:
    found = tags(facts(prompt="A mountain lake in winter. The lake is frozen.", objects=("dog",)), "x")
    assert found[:4] == ("mountain", "lake", "winter", "frozen")
    assert {"mountain lake", "dogs"} <= set(found)
    assert "the" not in found
    assert tags(facts(tags=("B", "b ", "a,b", "")), "x") == ("B", "a b")
    assert tags(facts(file_name="IMG_1.mp4"), "People on Bicycles") == ("people", "bicycles")
