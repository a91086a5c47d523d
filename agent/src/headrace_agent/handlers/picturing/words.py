"""What of a prompt the procedural painter understands: a vocabulary of words, and nothing between them."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Word → (aspect, value). Several words may say the same.
_VOCABULARY: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("sunset", "dusk", "evening", "twilight"), ("time", "sunset")),
    **dict.fromkeys(("sunrise", "dawn", "morning"), ("time", "dawn")),
    **dict.fromkeys(("night", "midnight", "moon", "moonlight", "stars", "starry", "dark"), ("time", "night")),
    **dict.fromkeys(("day", "noon", "sunny", "bright", "summer"), ("time", "day")),
    **dict.fromkeys(("mountain", "mountains", "alps", "peak", "peaks", "cliff"), ("land", "mountains")),
    **dict.fromkeys(
        ("hill", "hills", "meadow", "field", "fields", "countryside", "valley"), ("land", "hills")
    ),
    **dict.fromkeys(("desert", "dune", "dunes", "sand"), ("land", "desert")),
    **dict.fromkeys(("city", "skyline", "town", "skyscraper", "skyscrapers", "buildings"), ("land", "city")),
    **dict.fromkeys(("lake", "river", "water", "sea", "ocean", "pond", "reflection"), ("water", "lake")),
    **dict.fromkeys(("beach", "coast", "shore", "island"), ("water", "lake")),
    **dict.fromkeys(("forest", "tree", "trees", "wood", "woods", "pine", "pines"), ("trees", "forest")),
    **dict.fromkeys(("snow", "snowy", "winter", "ice", "frozen", "icy"), ("season", "winter")),
    **dict.fromkeys(("autumn", "fall"), ("season", "autumn")),
    **dict.fromkeys(("spring",), ("season", "spring")),
    **dict.fromkeys(("cloud", "clouds", "cloudy", "overcast"), ("weather", "clouds")),
    **dict.fromkeys(("storm", "stormy", "rain", "rainy", "thunder"), ("weather", "storm")),
    **dict.fromkeys(("fog", "foggy", "mist", "misty", "haze"), ("weather", "fog")),
}
_STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "the",
        "of",
        "in",
        "on",
        "at",
        "by",
        "over",
        "under",
        "with",
        "from",
        "to",
        "into",
        "above",
        "below",
        "near",
        "is",
        "are",
        "very",
        "some",
        "painting",
        "picture",
        "image",
        "photo",
        "landscape",
        "style",
    ]
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What a prompt asks for. ``understood`` and ``ignored`` are its words in order, each once."""

    time: str = "day"
    land: str = "hills"
    season: str = "summer"
    weather: str = "clear"
    water: bool = False
    trees: bool = False
    understood: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


def read(prompt: str) -> Wishes:
    """The first word about an aspect wins."""
    words = list(dict.fromkeys(re.findall(r"[^\W\d_]+", prompt.lower())))
    said: dict[str, str] = {}
    for word in words:
        if word in _VOCABULARY:
            aspect, value = _VOCABULARY[word]
            said.setdefault(aspect, value)
    return Wishes(
        time=said.get("time", "day"),
        land=said.get("land", "hills"),
        season=said.get("season", "summer"),
        weather=said.get("weather", "clear"),
        water="water" in said,
        trees="trees" in said,
        understood=tuple(word for word in words if word in _VOCABULARY),
        ignored=tuple(word for word in words if word not in _VOCABULARY and word not in _STOP_WORDS),
    )
