"""Words of a text: which carry meaning, and how much of a text fits somewhere. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?…])[\"'»”)]*\s+|(?<=[。！？])\s*|\n+")

#: Words that say nothing by themselves, and what people write around a wish for a video.
STOP_WORDS: Final = frozenset(
    re.findall(
        r"\S+",
        "a about above across after again against all almost along already also although always am among an and "
        "another any are around as at away back be because been before behind being below between both but by can "
        "could did do does doing done down during each either else enough even ever every few for from further get "
        "gets give go goes going got had has have having he her here hers herself him himself his how however i if "
        "in inside instead into is it its itself just keep kept less let like little look made make makes making "
        "many may maybe me might more most much must my myself near nearly need never next no nor not nothing now "
        "of off often on once one only onto or other our ours out outside over own per perhaps put quite rather "
        "really same see seem seen shall she should show shows since so some something soon still such take than "
        "that the their theirs them themselves then there these they thing things this those though through thus "
        "to together too toward towards two under until up upon us use used using very was watch we well were what "
        "whatever when where whether which while who whom whose why will with within without would yet you your "
        "yours yourself it's don't let's please minutes seconds video clip film movie short create produce shot "
        "footage step steps",
    )
)
#: Small words that a title does not begin with a capital letter, unless it begins with them.
_SMALL: Final = frozenset(
    re.findall(r"\S+", "a an and as at but by for from in into nor of on or over the to up with")
)


def words(text: str) -> list[str]:
    """In lower case, in order."""
    return [found.group().lower() for found in _WORD.finditer(text)]


def meaningful(text: str, stop: frozenset[str] = STOP_WORDS) -> list[str]:
    """Those that are neither stop words nor numbers nor single letters, nor whole sentences without spaces."""
    return [word for word in words(text) if 2 < len(word) <= 24 and word not in stop and not word.isdecimal()]


def sentences(text: str) -> list[str]:
    """Each on one line; a line break ends one too."""
    return [line for part in _SENTENCE_END.split(text) if (line := " ".join(part.split()))]


def keywords(text: str, most: int, stop: frozenset[str] = STOP_WORDS) -> list[str]:
    """Meaningful words in their order; those that come three times or more are first."""
    found = meaningful(text, stop)
    counts, first = Counter(found), {word: index for index, word in reversed(list(enumerate(found)))}
    return sorted(counts, key=lambda word: (-counts[word] if counts[word] > 2 else 0, first[word]))[:most]


def pairs(text: str) -> list[str]:
    """Two meaningful words that stand side by side within a sentence, each pair once."""
    found: dict[str, None] = {}
    for sentence in sentences(text):
        near = words(sentence)
        good = set(meaningful(sentence))
        for first, second in pairwise(near):
            if first in good and second in good and first != second:
                found[f"{first} {second}"] = None
    return list(found)


def headline(text: str) -> str:
    """``text`` with capitals as in an English title; a word that has some already keeps them."""
    parts = text.split()
    last = len(parts) - 1
    return " ".join(_capital(part, ends=index in {0, last}) for index, part in enumerate(parts))


def _capital(word: str, *, ends: bool) -> str:
    if any(letter.isupper() for letter in word[1:]):
        return word
    return word.lower() if not ends and word.lower() in _SMALL else word[:1].upper() + word[1:]


def cut_chars(text: str, most: int) -> str:
    """At most ``most`` characters, cut between words and then ending with «…»."""
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    head = text[: most - 1]
    spaced = head.rpartition(" ")[0]
    return (spaced if len(spaced) > most // 2 else head).rstrip(" ,;:.–-") + "…"


def cut_bytes(text: str, most: int) -> str:
    """At most ``most`` bytes of UTF-8, cut between words where there are any; line breaks stay."""
    if len(text.encode()) <= most:
        return text
    head = text.encode()[: most - 3].decode("utf-8", "ignore")
    spaced = re.sub(r"\s+\S*$", "", head)
    return (spaced if len(spaced) > len(head) // 2 else head).rstrip() + "…"


def listed(items: Iterable[str]) -> str:
    """``a, b and c``."""
    names = list(items)
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def plural(noun: str) -> str:
    """Of the things that a detector finds."""
    irregular = {"person": "people", "mouse": "mice", "knife": "knives", "sheep": "sheep", "skis": "skis"}
    if noun in irregular:
        return irregular[noun]
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun if noun.endswith(("scissors", "skis")) else f"{noun}es"
    return f"{noun}s"
