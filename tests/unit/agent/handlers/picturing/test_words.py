"""What of a prompt is understood, and that the rest is told."""

from __future__ import annotations

from headrace_agent.handlers.picturing.words import read


def test_known_words_are_wishes() -> None:
    wishes = read("Sunset over a SNOWY forest, by the lake")
    assert (wishes.time, wishes.season, wishes.trees, wishes.water) == ("sunset", "winter", True, True)
    assert wishes.understood == ("sunset", "snowy", "forest", "lake")
    assert wishes.ignored == ()


def test_the_first_word_about_an_aspect_wins() -> None:
    assert read("night after sunset").time == "night"
    assert read("sunset before night").time == "sunset"


def test_unknown_words_are_told_once_and_small_words_not() -> None:
    wishes = read("a purple dragon and a dragon on the hills in 2024")
    assert wishes.ignored == ("purple", "dragon")
    assert wishes.land == "hills"


def test_an_empty_prompt_is_a_summer_day() -> None:
    wishes = read("?!")
    assert (wishes.time, wishes.land, wishes.season, wishes.weather) == ("day", "hills", "summer", "clear")
    assert (wishes.understood, wishes.ignored) == ((), ())
