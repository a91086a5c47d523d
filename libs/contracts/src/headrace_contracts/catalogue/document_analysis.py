"""Document analysis: text, tables, summary and keywords of a document."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from headrace_contracts.catalogue.model import Model, Payload

DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

#: How the documentation writes the two types whose canonical name nobody remembers (seed 002, «Document
#: Analysis»); a client may send either, lists for people show these.
DOCUMENTED_AS: Final = {DOCX: ".docx", XLSX: ".xlsx"}


class DocumentAnalysis(Payload):
    summary_sentences: int = Field(
        default=3, ge=0, le=20, description="Sentences of the document to choose for its summary"
    )
    max_keywords: int = Field(default=10, ge=0, le=50, description="Number of keywords to find")
    excerpt_chars: int = Field(
        default=1000, ge=0, le=20_000, description="Characters of text to return from the beginning"
    )
    include_text: bool = Field(
        default=False, description="Also return the whole text as the result file document.txt"
    )
    max_pages: int = Field(default=500, ge=1, le=5000, description="Pages of a PDF to read")
    include_tables: bool = Field(default=True, description="Return the tables of the document")
    max_table_rows: int = Field(
        default=50, ge=0, le=1000, description="Rows of each table to return; all of them are counted"
    )
    password: str | None = Field(default=None, max_length=200, description="Password of an encrypted PDF")


MODEL = Model(
    id="document-analysis",
    name="Document Analysis",
    description="Extract text, tables, metadata, a summary and keywords from documents",
    requires_file=True,
    allowed_file_types=("application/pdf", "application/msword", DOCX, XLSX, "text/plain", "text/csv"),
    payload=DocumentAnalysis,
    timeout_s=900,
)
