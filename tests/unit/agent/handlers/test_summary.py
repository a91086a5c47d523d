from __future__ import annotations

import pytest

from headrace_agent.handlers.text.summary import split


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One two. Three\nfour! Five?", ["One two.", "Three four!", "Five?"]),
        ("A heading\n\nA sentence.", ["A heading", "A sentence."]),
        ('He said "go." Then he went.', ['He said "go."', "Then he went."]),
        ("Version 1.2 is out. Über 3.5 Liter.", ["Version 1.2 is out.", "Über 3.5 Liter."]),
        ("", []),
    ],
)
def test_text_is_split_at_its_sentences(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences
