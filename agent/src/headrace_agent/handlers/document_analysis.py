"""Reads documents: PDF, Word, Excel, text and CSV; finds their text, tables, language, summary and keywords."""

from __future__ import annotations

from typing import Any

from headrace_agent.handlers.api import Context, Handler, HandlerError, InputFile
from headrace_agent.handlers.documents import old_word, pdf, plain, word, workbook
from headrace_agent.handlers.documents.content import MAX_TEXT_CHARS, Document
from headrace_agent.handlers.memory import at_most
from headrace_agent.handlers.requirements import number_setting, packages
from headrace_agent.handlers.text.summary import digest
from headrace_contracts.catalogue import document_analysis
from headrace_contracts.catalogue.document_analysis import DOCX, XLSX, DocumentAnalysis

_MAX_TABLES = 50


def analyse(payload: DocumentAnalysis, source: InputFile | None, ctx: Context) -> dict[str, Any]:
    """``type``, ``pages``, ``words``, ``language``, ``summary``, ``keywords``, ``excerpt``, ``tables``, ``metadata``.

    With ``include_text`` also the result file ``document.txt``. ``HEADRACE_DOCUMENT_MEMORY_MB`` (2048) bounds what
    a document may take. Raises ``HandlerError`` for one that is broken, encrypted, empty or too large.
    """
    if source is None:
        raise HandlerError("document-analysis needs a file")
    if source.path.stat().st_size == 0:
        raise HandlerError("the file is empty")
    try:
        with at_most(number_setting("HEADRACE_DOCUMENT_MEMORY_MB", 2048) * 1024 * 1024):
            document = _read(payload, source, ctx)
            if ctx.cancelled:
                return {}
            return _result(payload, document, ctx)
    except MemoryError as error:
        raise HandlerError("the document needs more memory than an agent gives to one") from error


def _read(payload: DocumentAnalysis, source: InputFile, ctx: Context) -> Document:
    rows = payload.max_table_rows
    match source.mime:
        case "application/pdf":
            return pdf.read(source.path, password=payload.password, max_pages=payload.max_pages, ctx=ctx)
        case "application/msword":
            return old_word.read(source.path)
        case mime if mime == DOCX:
            return word.read(source.path, max_rows=rows)
        case mime if mime == XLSX:
            return workbook.read(source.path, max_rows=rows, ctx=ctx)
        case "text/plain":
            return plain.read_text(source.path)
        case "text/csv":
            return plain.read_csv(source.path, max_rows=rows)
        case other:
            raise HandlerError(f"document-analysis can't read {other}")


def _result(payload: DocumentAnalysis, document: Document, ctx: Context) -> dict[str, Any]:
    text = document.text[:MAX_TEXT_CHARS].strip()
    if not text and document.kind != "pdf":
        raise HandlerError("the document holds no text")
    ctx.progress(85, "read")
    # The words of a table make no sentences.
    sentences = 0 if document.kind in ("csv", "xlsx") else payload.summary_sentences
    found = digest(text, summary_sentences=sentences, max_keywords=payload.max_keywords)
    if payload.include_text:
        ctx.output_path("document.txt").write_text(text, encoding="utf-8")
    result: dict[str, Any] = {
        "type": document.kind,
        "pages": document.pages,
        "words": found.words,
        "characters": len(text),
        "sentences": found.sentences,
        "language": found.language,
        "summary": found.summary,
        "keywords": found.keywords,
        "excerpt": text[: payload.excerpt_chars],
        "table_count": len(document.tables),
        "metadata": document.metadata,
        "notes": document.notes,
    }
    if payload.include_tables:
        result["tables"] = [table.as_json() for table in document.tables[:_MAX_TABLES]]
    ctx.progress(100)
    return result


HANDLER = Handler(
    model=document_analysis.MODEL,
    run=analyse,
    missing=packages(
        "documents", "pypdf", "docx", "openpyxl", "olefile", "py3langid", "stop_words", "charset_normalizer"
    ),
    version="pypdf, python-docx, openpyxl",
)
