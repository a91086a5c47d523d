"""Language, keywords and a summary of a text, by counting words."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

_WORD = re.compile(r"[^\W\d_][\w'’-]*[^\W_]|[^\W\d_]")
_END = r"(?:(?<=[.!?…。])|(?<=[.!?…。][\"'»”)]))"
_SENTENCE = re.compile(_END + r"\s+(?=[\"'«“(]?[^\W_])|\n\s*\n")
_MIN_WORDS, _MAX_WORDS = 5, 60
_MIN_LETTERS_FOR_LANGUAGE = 20
_SAMPLE_CHARS = 20_000
#: Beyond this nothing is gained by counting on.
_COUNTED_CHARS = 2_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Digest:
    """What counting finds."""

    #: ISO 639-1, None for a text too short to tell.
    language: str | None
    words: int
    sentences: int
    summary: str
    keywords: list[dict[str, int | str]] = field(default_factory=list)


def digest(text: str, *, summary_sentences: int, max_keywords: int) -> Digest:
    """The sentences whose words are the most frequent, in their order; and the most frequent words."""
    language = guess_language(text)
    sentences = split(text[:_COUNTED_CHARS])
    counts = _counts(text[:_COUNTED_CHARS], language)
    return Digest(
        language=language,
        words=sum(1 for _ in _WORD.finditer(text)),
        sentences=len(sentences),
        summary=" ".join(_best(sentences, counts, summary_sentences)),
        keywords=_keywords(counts, max_keywords),
    )


def guess_language(text: str) -> str | None:
    import py3langid

    sample = text[:_SAMPLE_CHARS]
    if sum(map(str.isalpha, sample)) < _MIN_LETTERS_FOR_LANGUAGE:
        return None
    return str(py3langid.classify(sample)[0])


def split(text: str) -> list[str]:
    """Sentences, each on one line."""
    return [line for part in _SENTENCE.split(text) if (line := " ".join(part.split()))]


def _counts(text: str, language: str | None) -> Counter[str]:
    stop = _stop_words(language)
    words = (found.group().lower() for found in _WORD.finditer(text))
    return Counter(word for word in words if len(word) > 2 and word not in stop)


def _best(sentences: list[str], counts: Counter[str], wanted: int) -> list[str]:
    """The ``wanted`` sentences with the highest mean count per word; early ones win a tie by a little."""
    scores: dict[int, float] = {}
    seen: set[str] = set()
    for index, sentence in enumerate(sentences):
        words = [found.group().lower() for found in _WORD.finditer(sentence)]
        if not _MIN_WORDS <= len(words) <= _MAX_WORDS or sentence in seen:
            continue
        seen.add(sentence)
        early = 1.0 + 0.2 / (1 + index)
        scores[index] = early * sum(counts[word] for word in set(words)) / len(words)
    if not scores:
        return [" ".join(sentence.split()[:_MAX_WORDS]) for sentence in sentences[:wanted]]
    chosen = sorted(scores, key=lambda index: (-scores[index], index))[:wanted]
    return [sentences[index] for index in sorted(chosen)]


def _keywords(counts: Counter[str], most: int) -> list[dict[str, int | str]]:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"keyword": word, "count": count} for word, count in ranked[:most]]


def _stop_words(language: str | None) -> frozenset[str]:
    from stop_words import StopWordError, get_stop_words

    try:
        return frozenset(get_stop_words(language or "en"))
    except StopWordError:
        return frozenset()
