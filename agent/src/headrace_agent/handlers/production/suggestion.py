"""A title and an opening sentence by the language model, where it keeps to what is known.

A small model invents: of a bicycle lock it tells that it has GPS. So what it writes is taken only when each of its
meaningful words comes from the facts; else the words are composed (``wording``). A larger model
(``HEADRACE_TEXT_MODEL_PATH``) keeps to the facts more often.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Final

from headrace_agent.handlers.api import HandlerError
from headrace_agent.handlers.production import words
from headrace_agent.handlers.production.wording import Facts
from headrace_agent.handlers.text import engine as engines

_TITLE_WORDS: Final = (2, 11)
_TITLE_CHARS: Final = 80
_SENTENCE_WORDS: Final = (6, 32)
_PROMPT_CHARS: Final = 1500
_STEM: Final = 5
#: A busy machine does without: composed words take no time.
_MOST_S: Final = 6.0
#: A text of fewer meaningful words is best left as it is.
_LEAST_WORDS: Final = 6
#: What may be said of any video.
_OF_ANY_VIDEO: Final = frozenset({"scene", "scenes", "guide", "story", "journey", "discover"})
#: What an answer holds that speaks of itself or takes something back.
_BESIDE_THE_POINT: Final = re.compile(
    r"\b(title|video|clip|movie|film|sentence|description|not|never|no|i|you)\b|n['’]t\b|[\"“”()\[\]{}<>#*_|]",
    re.IGNORECASE,
)


def suggest(
    facts: Facts, seed: int, cancelled: Callable[[], bool], *, title: bool, opening: bool
) -> tuple[str | None, str | None]:
    """A title and an opening sentence, each None when it is not asked for or the model wrote none that holds."""
    known = source_text(facts)
    if engines.missing() is not None or not facts.english or len(set(words.meaningful(known))) < _LEAST_WORDS:
        return None, None
    until = time.monotonic() + _MOST_S

    def enough() -> bool:
        return cancelled() or time.monotonic() > until

    about = f"The video: {known[:_PROMPT_CHARS]}"
    found_title = found_opening = None
    try:
        if title:
            wish = "Write one short title for this video. Answer with the title alone."
            found_title = accepted_title(_ask(facts, f"{about}\n{wish}", 28, seed, enough), known)
        if opening and not enough():
            wish = "Write one sentence that says what this video shows. Answer with the sentence alone."
            found_opening = accepted_sentence(_ask(facts, f"{about}\n{wish}", 60, seed, enough), known)
    except HandlerError:  # the composed words do without it
        pass
    return found_title, found_opening


def source_text(facts: Facts) -> str:
    """What the model is told."""
    parts = (facts.title or "", facts.prompt.strip(), facts.description or "")
    return " ".join(part for part in parts if part)


def accepted_title(text: str, known: str) -> str | None:
    """The title in an answer, if it is one and holds."""
    line = _first_line(text)
    count = len(words.words(line))
    fits = _TITLE_WORDS[0] <= count <= _TITLE_WORDS[1] and len(line) <= _TITLE_CHARS
    return words.headline(line.rstrip(".:")) if fits and grounded(line, known) else None


def accepted_sentence(text: str, known: str) -> str | None:
    """The first sentence of an answer, if it is whole, says more than is said already, and holds."""
    line = _first_line(text)
    sentence = re.match(r".*?[.!?](?=\s|$)", line)
    if sentence is None:
        return None
    found = sentence.group()
    fits = _SENTENCE_WORDS[0] <= len(words.words(found)) <= _SENTENCE_WORDS[1]
    said = words.meaningful(found)
    new = found.rstrip(".!?").casefold() not in known.casefold() and len(set(said)) == len(said)
    return found if fits and new and grounded(found, known) else None


def grounded(text: str, known: str) -> bool:
    """True when every meaningful word and every number of ``text`` comes from ``known``, whatever its ending."""
    stems = {_stem(word) for word in words.words(known)}
    numbers = set(re.findall(r"\d+", known))
    said = words.meaningful(text)
    return (
        bool(said)
        and _BESIDE_THE_POINT.search(text) is None
        and all(_stem(word) in stems or word in _OF_ANY_VIDEO for word in said)
        and set(re.findall(r"\d+", text)) <= numbers
    )


def _stem(word: str) -> str:
    """``falls`` and ``falling`` are one word here; so are some that are not, which does no harm."""
    return re.sub(r"(?<=\w{3})(?:ing|ed|es|s|ly)$", "", word)[:_STEM]


def _first_line(text: str) -> str:
    lines = [line.strip(" \t\"'«»“”*#-") for line in text.strip().splitlines()]
    first = next((line for line in lines if line), "")
    return " ".join(
        re.sub(r"^(?:title|description)\s*:\s*", "", first, flags=re.IGNORECASE).strip('"“”').split()
    )


def _ask(facts: Facts, prompt: str, tokens: int, seed: int, cancelled: Callable[[], bool]) -> str:
    tone = "" if facts.tone == "neutral" else f" Your tone is {facts.tone}."
    system = f"You write for videos. You say only what you were told, and invent nothing.{tone}"
    request = {
        "max_tokens": tokens,
        "temperature": 0.3,
        "top_p": 0.9,
        "top_k": 40,
        "repeat_penalty": 1.05,
        "seed": seed,
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": prompt}],
    }
    return engines.engine().generate(request, lambda _count: cancelled()).text
