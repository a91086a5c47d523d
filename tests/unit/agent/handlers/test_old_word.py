from __future__ import annotations

import pytest

from headrace_agent.handlers.documents.old_word import clean


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("One\rTwo\x0bThree\x0cFour", "One\nTwo\nThree\n\nFour"),
        ("a\x07b\x07", "a\tb\t"),
        ("see \x13 HYPERLINK http://x \x14here\x15.", "see here."),
        ("\x13 IF \x13 PAGE \x142\x15 > 1 \x14yes\x15", "yes"),
        ("\x13 TOC \x15end", "end"),
        ("soft\x1fhyphen, hard\x1ehyphen", "softhyphen, hard-hyphen"),
        ("picture \x01\x08 gone", "picture  gone"),
    ],
)
def test_control_characters_become_text(raw: str, expected: str) -> None:
    assert clean(raw) == expected
