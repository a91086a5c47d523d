"""Output is cut between characters, never in one."""

from __future__ import annotations

import pytest

from headrace_api.core.output import pieces


@pytest.mark.parametrize("text", ["", "a", "abc", "äöü€𝄞" * 7, "x" * 10 + "𝄞" * 3])
@pytest.mark.parametrize("size", [4, 5, 7, 1000])
def test_pieces_join_to_the_whole_and_each_is_text(text: str, size: int) -> None:
    found = list(pieces(text.encode(), size))
    assert b"".join(found).decode() == text
    assert all(0 < len(piece) <= size and piece.decode() for piece in found)
