"""Portal 4, copy: a title, a description and tags that say what is known, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from headrace_agent.handlers.production import words
from headrace_agent.handlers.production.languages import is_english, stop_words
from headrace_contracts.catalogue.video_production import DESCRIPTION_BYTES, TAGS_CHARS, TITLE_CHARS

#: A title that is made is shorter than one that may be given: longer ones are cut off in lists.
_HEADLINE_CHARS: Final = 70
_MOST_TAGS: Final = 15
_TAG_CHARS: Final = 60
_HASHTAGS: Final = 3
_PROMPT_IN_DESCRIPTION_BYTES: Final = 3500

#: «Please make a short video about ...»: the wish is no part of the subject.
_WISH: Final = re.compile(
    r"^(?:please\s+)?(?:can you\s+|could you\s+)?"
    r"(?:(?:make|create|produce|generate|write|film|show)(?:\s+me|\s+us)?\s+)?"
    r"(?:an?\s+|the\s+)?(?:[\w-]+\s+){0,3}?(?:video|clip|film|movie|reel|trailer)\s+"
    r"(?:about|of|on|for|showing|that shows)\s+",
    re.IGNORECASE,
)
#: What cameras and programs call a file.
_NO_NAME: Final = re.compile(
    r"^(?:img|vid|mov|mvi|dsc|dscn|gopr|pxl|wa|video|clip|movie|film|untitled|output|input|final|new|copy|test|upload"
    r"|file|screen|recording|capture|sample|export|render|mp4|edit|\d+|[a-f0-9]{8,})$",
    re.IGNORECASE,
)
_CLOSING: Final = {
    "neutral": "",
    "friendly": "Thank you for watching!",
    "professional": "",
    "playful": "Enjoy the ride!",
    "dramatic": "Watch it to the end.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """All that is known of a video when its words are written."""

    prompt: str
    #: Without directories; empty for a video made from a prompt.
    file_name: str
    language: str
    tone: str
    duration_s: float
    scenes: int
    #: What a detector saw, the most frequent first.
    objects: tuple[str, ...] = ()
    title: str | None = None
    description: str | None = None
    tags: tuple[str, ...] | None = None

    @property
    def english(self) -> bool:
        return is_english(self.language)


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """What a platform is given with the video."""

    title: str
    description: str
    tags: tuple[str, ...]


def title(facts: Facts) -> str:
    """The given one, or else what the prompt, the description, the file's name or the picture is about."""
    if facts.title is not None and facts.title.strip():
        return words.cut_chars(facts.title, TITLE_CHARS)
    for text in (facts.prompt, facts.description or "", name_words(facts.file_name)):
        subject = _subject(text)
        if subject:
            return words.headline(subject) if facts.english else subject[:1].upper() + subject[1:]
    if facts.objects and facts.english:
        return words.headline(words.listed(words.plural(label) for label in facts.objects[:3]))
    length = f"{max(1, round(facts.duration_s))} s"
    return f"Video ({length}, {facts.scenes} scenes)" if facts.scenes > 1 else f"Video ({length})"


def description(facts: Facts, heading: str, tags: tuple[str, ...], opening: str | None = None) -> str:
    """The given one, or else the prompt's own words, what was seen, and hashtags; 5000 bytes at most."""
    if facts.description is not None and facts.description.strip():
        return words.cut_bytes(facts.description.strip(), DESCRIPTION_BYTES)
    parts = [opening or ""]
    if facts.prompt.strip():
        subject = _WISH.sub("", facts.prompt.strip())
        parts.append(words.cut_bytes(subject[:1].upper() + subject[1:], _PROMPT_IN_DESCRIPTION_BYTES))
    else:
        parts.append(heading)
    if facts.english:
        parts += [_seen(facts), _CLOSING[facts.tone]]
    hashtags = [tag for tag in map(_hashtag, tags) if tag][:_HASHTAGS]
    parts.append(" ".join(dict.fromkeys(hashtags)))
    return words.cut_bytes("\n\n".join(part for part in parts if part), DESCRIPTION_BYTES)


def tags(facts: Facts, heading: str) -> tuple[str, ...]:
    """The given ones, or else keywords, pairs of them and what was seen; 500 characters at most in all."""
    if facts.tags is not None:
        return _bounded(facts.tags)
    text = "\n".join([facts.prompt, facts.description or "", name_words(facts.file_name)])
    stop = words.STOP_WORDS if facts.english else stop_words(facts.language)
    first = words.pairs("\n".join(words.sentences(text)[:3]))[:4] if facts.english else []
    found = [
        *words.keywords(text, 8, stop),
        *first,
        *(words.plural(label) for label in facts.objects[:5]),
    ]
    return _bounded(found or words.keywords(heading, 3, stop))


def name_words(file_name: str) -> str:
    """The words of a file's name that somebody chose; empty for ``IMG_2041.mov``."""
    stem = file_name.rpartition(".")[0] or file_name
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|[_\-.+()\[\]]+", " ", stem)
    chosen = [word for word in spaced.split() if not _NO_NAME.match(word)]
    return " ".join(chosen) if any(len(word) > 2 and word.isalpha() for word in chosen) else ""


def _subject(text: str) -> str:
    """The first sentence that says something, without the wish around it, short enough for a title."""
    for sentence in words.sentences(text):
        subject = _WISH.sub("", sentence.strip(" -*•#\t\"'«»“”")).rstrip(" .,;:!…。！")
        if words.words(subject):
            return _clause(subject)
    return ""


def _clause(subject: str) -> str:
    """A long sentence up to its last comma or dash that fits, else up to a word."""
    if len(subject) <= _HEADLINE_CHARS:
        return subject
    head = subject[:_HEADLINE_CHARS]
    ends = [found.start() for found in re.finditer(r"[,;:]\s|\s[–—-]\s", head) if found.start() >= 20]
    return head[: ends[-1]] if ends else words.cut_chars(subject, _HEADLINE_CHARS)


def _seen(facts: Facts) -> str:
    length = f"{max(1, round(facts.duration_s))} seconds"
    if facts.duration_s >= 120:
        length = f"{round(facts.duration_s / 60)} minutes"
    text = f"{length} in {facts.scenes} scenes" if facts.scenes > 1 else f"{length} long"
    if facts.objects:
        text += f", with {words.listed(words.plural(label) for label in facts.objects[:5])}"
    return f"{text}."


def _hashtag(tag: str) -> str:
    letters = "".join(part[:1].upper() + part[1:] for part in words.words(tag))
    return f"#{letters}" if letters and not letters.isdecimal() else ""


def _bounded(found: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    length = -1
    for tag in found:
        text = " ".join(tag.replace(",", " ").replace("<", " ").replace(">", " ").split())[:_TAG_CHARS]
        if not text or text.casefold() in kept:
            continue
        if length + 1 + len(text) > TAGS_CHARS or (not isinstance(found, tuple) and len(kept) == _MOST_TAGS):
            break
        kept[text.casefold()] = text
        length += 1 + len(text)
    return tuple(kept.values())
