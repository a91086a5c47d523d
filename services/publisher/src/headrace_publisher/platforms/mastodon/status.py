"""The text of a status, within what the instance takes. Pure."""

from __future__ import annotations

import re

from headrace_publisher.publish.parcel import Parcel
from headrace_publisher.publish.texts import cut

_URL = re.compile(r"https?://\S+")
_WORD = re.compile(r"\w+")


def status_text(parcel: Parcel, *, characters: int, url_characters: int) -> str:
    """Title, description and hashtags in at most ``characters``; every link counts ``url_characters``.

    What is too long is cut from the description first, then from the hashtags, then from the title.
    """
    room = characters
    title = _cut(parcel.title, room, url_characters)
    room -= weight(title, url_characters)
    tags = ""
    for tag in hashtags(parcel.tags):
        longer = f"{tags} {tag}" if tags else tag
        if len(longer) + 2 > room:
            break
        tags = longer
    if tags:
        room -= len(tags) + 2
    description = _cut(parcel.description, room - 2, url_characters) if room > 12 else ""
    return "\n\n".join(part for part in (title, description, tags) if part)


def hashtags(tags: tuple[str, ...]) -> list[str]:
    """Tags as Mastodon knows them: letters, digits and underscores, not digits alone."""
    found = []
    for tag in tags:
        words = _WORD.findall(tag)
        joined = words[0] if len(words) == 1 else "".join(word[:1].upper() + word[1:] for word in words)
        if joined and not joined.isdigit():
            found.append(f"#{joined}")
    return list(dict.fromkeys(found))


def weight(text: str, url_characters: int) -> int:
    """How many characters ``text`` counts: links have a length of their own."""
    links = _URL.findall(text)
    return len(text) + sum(url_characters - len(link) for link in links)


def _cut(text: str, room: int, url_characters: int) -> str:
    """A link that is longer than it counts gains nothing: texts are cut by their real length at least."""
    short = cut(text, room)
    while short and weight(short, url_characters) > room:
        short = cut(short, min(len(short) - 1, room))
    return short
