"""Word's .docx, with python-docx."""

from __future__ import annotations

from pathlib import Path

from headrace_agent.handlers.api import HandlerError
from headrace_agent.handlers.documents import archive
from headrace_agent.handlers.documents.content import Document, Table, collect_table, known


def read(path: Path, *, max_rows: int) -> Document:
    """Raises ``HandlerError`` for a broken file."""
    import docx
    from docx.opc.exceptions import OpcError
    from lxml.etree import LxmlError

    archive.check(path, "docx", "word/document.xml")
    try:
        document = docx.Document(str(path))
        texts: list[str] = []
        tables: list[Table] = []
        for block in document.iter_inner_content():
            if hasattr(block, "rows"):
                rows = ([cell.text for cell in row.cells] for row in block.rows)
                tables.append(collect_table(f"table {len(tables) + 1}", rows, max_rows, texts))
            else:
                texts.append(block.text)
        core = document.core_properties
        names = (
            "title",
            "author",
            "subject",
            "keywords",
            "category",
            "last_modified_by",
            "created",
            "modified",
        )
        metadata = known((name, getattr(core, name)) for name in names)
    except (OpcError, LxmlError, KeyError, ValueError, AttributeError) as error:
        raise HandlerError(f"the .docx is broken: {error}") from error
    headings = sum(
        1 for line in document.paragraphs if line.style is not None and "Heading" in (line.style.name or "")
    )
    metadata |= known([("headings", headings)])
    return Document(kind="docx", text="\n".join(texts), tables=tables, metadata=metadata)
