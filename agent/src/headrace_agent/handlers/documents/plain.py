"""Plain text and CSV."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from headrace_agent.handlers.api import HandlerError
from headrace_agent.handlers.documents.content import Document, collect_table

_SAMPLE_CHARS = 64 * 1024
_SAMPLE_BYTES = 256 * 1024
_WESTERN_SHARE = 0.15


def read_text(path: Path) -> Document:
    """A text in any encoding. Raises ``HandlerError`` for bytes that are no text."""
    text, encoding = _decoded(path)
    lines = text.count("\n") + (not text.endswith("\n"))
    return Document(kind="text", text=text, metadata={"encoding": encoding, "lines": lines})


def read_csv(path: Path, *, max_rows: int) -> Document:
    """A CSV whose separator is found. Raises ``HandlerError`` for bytes that are no text."""
    text, encoding = _decoded(path)
    try:
        dialect = csv.Sniffer().sniff(text[:_SAMPLE_CHARS], ",;\t|")
    except csv.Error:  # one column, or too little to tell
        dialect = csv.excel
    try:
        table = collect_table(path.name, csv.reader(io.StringIO(text, newline=""), dialect), max_rows)
    except csv.Error as error:
        raise HandlerError(f"the CSV is broken: {error}") from error
    metadata = {"encoding": encoding, "delimiter": dialect.delimiter}
    return Document(kind="csv", text=text, tables=[table], metadata=metadata)


def _decoded(path: Path) -> tuple[str, str]:
    from charset_normalizer import from_bytes

    content = path.read_bytes()
    for encoding in ("utf-8-sig", "utf-16") if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text, encoding.removesuffix("-sig")
    sample = content[:_SAMPLE_BYTES]
    guess = None if b"\x00" in sample else from_bytes(sample).best()
    if guess is None:
        raise HandlerError("the file holds no text that can be decoded")
    # Few accents among plain letters: a Western language. The guess needs more text than that to be right.
    western = sum(byte >= 0x80 for byte in sample) < _WESTERN_SHARE * len(sample)
    encoding = "cp1252" if western else guess.encoding
    return content.decode(encoding, "replace"), encoding
