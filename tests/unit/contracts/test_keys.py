"""What is left of a client's file name: one part, that no folder, header or terminal takes for more than a name."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace_contracts.keys import MAX_NAME_BYTES, result_file_key, safe_filename, upload_key

HOSTILE = {
    "../../etc/passwd": "passwd", "/etc/passwd": "passwd", "..\\..\\win.ini": "win.ini", "C:\\a\\b.txt": "b.txt",
    "..": "file", ".": "file", "": "file", "/": "file", "...": "file", "a/..": "file", "\x00": "file",
    "a\x00.txt": "a_.txt", "a\r\nX: 1": "a__X_ 1", "\u202egnp.exe": "_gnp.exe", "a\u200b.txt": "a_.txt",
    "\uff0e\uff0e/x": "x", "a/\u2024\u2024": "\u2024\u2024", "file:///etc/passwd": "passwd", " .hidden. ": "hidden",
    "e\u0301.txt": "\u00e9.txt", "\ud800.txt": "_.txt",
}  # fmt: skip


@pytest.mark.parametrize(("given_name", "kept"), HOSTILE.items())
def test_hostile_names(given_name: str, kept: str) -> None:
    assert safe_filename(given_name) == kept


@given(st.text(alphabet=st.characters(codec=None, exclude_categories=[]), max_size=400))
def test_any_name_stays_in_its_folder(name: str) -> None:
    kept = safe_filename(name)
    assert kept
    assert not {"/", "\\", "\x00", "\r", "\n", '"'} & set(kept)
    assert kept not in {".", ".."}
    assert len(kept.encode()) <= MAX_NAME_BYTES, "and it is UTF-8"
    assert kept.isprintable() or all(unicodedata.category(c) != "Cc" for c in kept)
    assert upload_key("1", kept).count("/") == 2
    assert result_file_key("1", 1, kept).count("/") == 2
    assert result_file_key("1", 1, kept) != "results/1/result.json"
