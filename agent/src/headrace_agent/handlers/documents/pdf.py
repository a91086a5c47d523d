"""PDF, with pypdf."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from headrace_agent.handlers.api import Context, HandlerError
from headrace_agent.handlers.documents.content import MAX_TEXT_CHARS, Document, known


def read(path: Path, *, password: str | None, max_pages: int, ctx: Context) -> Document:
    """Raises ``HandlerError`` for a broken PDF and one whose password is missing or wrong."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(path)
        _unlock(reader, password)
        count = len(reader.pages)
        metadata = _metadata(reader)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
        raise HandlerError(f"the PDF is broken: {_first_line(error)}") from error
    if not count:
        raise HandlerError("the PDF is broken: it has no pages")
    texts, unreadable = _texts(reader, min(count, max_pages), ctx)
    if len(unreadable) == min(count, max_pages):
        raise HandlerError("the PDF is broken: none of its pages can be read")
    notes = [f"page {number} can't be read" for number in unreadable[:20]]
    if count > max_pages:
        notes.append(f"only the first {max_pages} of {count} pages were read")
    if not any(text.strip() for text in texts):
        notes.append("the pages hold no text: a scan needs text recognition first")
    return Document(kind="pdf", pages=count, text="\n\n".join(texts), metadata=metadata, notes=notes)


def _unlock(reader: Any, password: str | None) -> None:
    if not reader.is_encrypted or reader.decrypt(password or ""):
        return
    if password is None:
        raise HandlerError("the PDF is encrypted: state its password in the payload")
    raise HandlerError("the PDF is encrypted and the password is wrong")


def _texts(reader: Any, count: int, ctx: Context) -> tuple[list[str], list[int]]:
    """The text of each page, and the numbers of pages that can't be read."""
    texts: list[str] = []
    unreadable: list[int] = []
    chars = 0
    for number in range(1, count + 1):
        if ctx.cancelled or chars > MAX_TEXT_CHARS:
            break
        try:
            texts.append(reader.pages[number - 1].extract_text())
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a broken page raises anything; the others may be whole
            ctx.log(f"page {number} can't be read: {_first_line(error)}")
            texts.append("")
            unreadable.append(number)
        chars += len(texts[-1])
        ctx.progress(80 * number / count, f"page {number} of {count}")
    return texts, unreadable


def _metadata(reader: Any) -> dict[str, Any]:
    info = reader.metadata
    pairs: list[tuple[str, Any]] = [("pdf_version", reader.pdf_header.removeprefix("%PDF-"))]
    if info is not None:
        names = ("title", "author", "subject", "creator", "producer")
        pairs += [(name, getattr(info, name)) for name in names]
        pairs += [("created", info.creation_date), ("modified", info.modification_date)]
    pairs.append(("encrypted", reader.is_encrypted or None))
    return known(pairs)


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
