"""What the language model wrote is taken only where it keeps to what is known."""

from __future__ import annotations

import pytest

from headrace_agent.handlers.production.suggestion import accepted_sentence, accepted_title, grounded

KNOWN = "A quiet morning at a mountain lake. The sun rises over 3 peaks, and snow falls on the forest."


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ("A Quiet Morning at the Mountain Lake", "A Quiet Morning at the Mountain Lake"),
        ('"Sunrise over the lake"', None),
        ('Title: "The sun over 3 peaks"\n\nAnd more', "The Sun over 3 Peaks"),
        ("The Sun over 4 Peaks", None),
        ("Snow falling on the forests.", "Snow Falling on the Forests"),
        ("The Whisky Lake", None),
        ("Lake", None),
        ("A title for the mountain lake", None),
        ("**Mountain Lake**", "Mountain Lake"),
        ("the " * 20 + "lake", None),
        ("", None),
    ],
)
def test_titles(answer: str, title: str | None) -> None:
    assert accepted_title(answer, KNOWN) == title


@pytest.mark.parametrize(
    ("answer", "taken"),
    [
        ("Over the quiet lake the sun rises in the morning. Whisky follows.", True),
        ("Over the quiet lake the sun rises in the morning", False),
        ("The sun rises over 3 peaks, and snow falls on the forest.", False),
        ("This video shows the quiet morning at the mountain lake.", False),
        ("It is not a quiet morning at the mountain lake.", False),
        ("The lake, the lake, the lake and again the lake.", False),
        ("A bespoke lake with GPS and a longer guarantee.", False),
    ],
)
def test_sentences(answer: str, taken: bool) -> None:
    assert (accepted_sentence(answer, KNOWN) is not None) == taken


def test_small_words_alone_hold_nothing() -> None:
    assert not grounded("It is what it is", KNOWN)
