"""Text into HTML: paragraphs, ``code`` and **strong** words; nothing else of Markdown is used."""

from __future__ import annotations

import re
from html import escape

_CODE = re.compile(r"`([^`]+)`")
_STRONG = re.compile(r"\*\*([^*]+)\*\*")
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


def escaped(text: str) -> str:
    return escape(text, quote=True)


def anchor(name: str) -> str:
    """A name as the id of an element."""
    return _UNSAFE.sub("-", name)


def prose(text: str, *, inline: bool = False) -> str:
    """``text`` with its marks; as paragraphs unless it is to stand inside of one."""
    marked = _STRONG.sub(r"<b>\1</b>", _CODE.sub(r"<code>\1</code>", escaped(text.strip())))
    if inline:
        return marked
    return "".join(f"<p>{part}</p>" for part in re.split(r"\n\s*\n", marked) if part)
