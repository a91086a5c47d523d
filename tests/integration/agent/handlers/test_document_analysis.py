"""Real documents of each format, made by the libraries that people make them with."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.support.handler_context import RecordingContext, run_handler
from tests.support.old_word_file import write_doc

from headrace_agent.handlers import document_analysis
from headrace_agent.handlers.api import HandlerError
from headrace_contracts.catalogue.document_analysis import DOCX, XLSX

PDF = "application/pdf"
DOC = "application/msword"
TEXT = (
    "A headrace is a channel that leads water to a turbine. The turbine turns when the water falls. "
    "Engineers measure the water with a gauge before it reaches the turbine. Lunch was good."
)
GERMAN = "Der Kanal führt das Wasser zur Turbine. Die Turbine dreht sich, wenn das Wasser fällt."


@pytest.fixture
def ctx(tmp_path: Path) -> RecordingContext:
    return RecordingContext(tmp_path)


def make_pdf(path: Path, pages: list[str], password: str | None = None) -> Path:
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    locked = None if password is None else StandardEncryption(password, strength=128)
    canvas = Canvas(str(path), encrypt=locked)
    canvas.setTitle("The headrace")
    canvas.setAuthor("A. Engineer")
    for page in pages:
        for number, line in enumerate(page.split(". ")):
            canvas.drawString(72, 750 - 20 * number, line if line.endswith(".") else line + ".")
        canvas.showPage()
    canvas.save()
    return path


def analyse(ctx: RecordingContext, path: Path, mime: str, **payload: object) -> dict[str, Any]:
    return run_handler(document_analysis.HANDLER, payload, ctx, path=path, mime=mime)


def test_a_pdf_is_read_page_by_page(tmp_path: Path, ctx: RecordingContext) -> None:
    path = make_pdf(tmp_path / "x.pdf", [TEXT, "The second page has more about the turbine.", TEXT])
    result = analyse(ctx, path, PDF, summary_sentences=1, max_keywords=2, include_text=True)
    assert (result["type"], result["pages"], result["language"]) == ("pdf", 3, "en")
    assert result["words"] == 2 * len(TEXT.split()) + 8
    assert result["metadata"]["title"] == "The headrace"
    assert result["metadata"]["author"] == "A. Engineer"
    assert result["keywords"] == [{"keyword": "turbine", "count": 7}, {"keyword": "water", "count": 6}]
    assert "turbine" in result["summary"]
    assert "Lunch" not in result["summary"]
    assert "page 2 of 3" in ctx.messages
    assert ctx.output is not None
    assert "Lunch was good." in ctx.output.read_text(encoding="utf-8")


def test_only_the_asked_pages_are_read(tmp_path: Path, ctx: RecordingContext) -> None:
    path = make_pdf(tmp_path / "x.pdf", [f"This is page number {n}" for n in range(1, 9)])
    result = analyse(ctx, path, PDF, max_pages=2)
    assert result["pages"] == 8
    assert "number 2" in result["excerpt"]
    assert "number 3" not in result["excerpt"]
    assert result["notes"] == ["only the first 2 of 8 pages were read"]


def test_an_encrypted_pdf_needs_its_password(tmp_path: Path, ctx: RecordingContext) -> None:
    path = make_pdf(tmp_path / "x.pdf", [TEXT], password="sluice")
    with pytest.raises(HandlerError, match="encrypted: state its password"):
        analyse(ctx, path, PDF)
    with pytest.raises(HandlerError, match="password is wrong"):
        analyse(ctx, path, PDF, password="weir")
    assert "turbine" in analyse(ctx, path, PDF, password="sluice")["excerpt"]


def test_a_pdf_without_text_says_so(tmp_path: Path, ctx: RecordingContext) -> None:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "scan.pdf"))
    canvas.rect(100, 100, 200, 200, fill=1)
    canvas.save()
    result = analyse(ctx, tmp_path / "scan.pdf", PDF)
    assert result["words"] == 0
    assert "no text" in result["notes"][0]


def test_a_docx_with_a_table(tmp_path: Path, ctx: RecordingContext) -> None:
    import docx

    document = docx.Document()
    document.core_properties.author = "A. Engineer"
    document.add_heading("Der Kanal", level=1)
    document.add_paragraph(GERMAN)
    table = document.add_table(rows=3, cols=2)
    for row, (name, value) in enumerate([("Jahr", "Menge"), ("2024", "11"), ("2025", "12")]):
        table.cell(row, 0).text = name
        table.cell(row, 1).text = value
    document.save(str(tmp_path / "x.docx"))
    result = analyse(ctx, tmp_path / "x.docx", DOCX, max_table_rows=2)
    assert (result["type"], result["language"]) == ("docx", "de")
    assert result["metadata"]["author"] == "A. Engineer"
    assert result["metadata"]["headings"] == 1
    assert result["tables"] == [
        {"name": "table 1", "row_count": 3, "column_count": 2, "rows": [["Jahr", "Menge"], ["2024", "11"]]}
    ]
    assert {"keyword": "wasser", "count": 2} in result["keywords"]
    assert "die" not in [entry["keyword"] for entry in result["keywords"]]


def test_a_workbook_with_two_sheets(tmp_path: Path, ctx: RecordingContext) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Flow"
    sheet.append(["day", "litres", "ok"])
    for n in range(5000):
        sheet.append([dt.date(2025, 1, 1) + dt.timedelta(days=n % 300), n * 1.5, n % 2 == 0])
    book.create_sheet("Notes").append(["turbine serviced"])
    book.save(tmp_path / "x.xlsx")
    result = analyse(ctx, tmp_path / "x.xlsx", XLSX, max_table_rows=2)
    flow, notes = result["tables"]
    assert (result["type"], result["pages"]) == ("xlsx", 2)
    assert (flow["name"], flow["row_count"], flow["column_count"]) == ("Flow", 5001, 3)
    assert flow["rows"][1] == ["2025-01-01T00:00:00", 0, True]
    assert notes["rows"] == [["turbine serviced"]]
    assert {"keyword": "turbine", "count": 1} in result["keywords"]


def test_an_old_doc_in_both_encodings_with_a_field(tmp_path: Path, ctx: RecordingContext) -> None:
    pieces = [
        "The turbine turns.\rSee \x13 HYPERLINK http://x.test \x14the gauge\x15 there.\r",
        "Ångström and Żubrówka flow to the Łódź turbine.\r",
        "Left\x07Right\x07\r",
    ]
    write_doc(tmp_path / "x.doc", pieces)
    result = analyse(ctx, tmp_path / "x.doc", DOC)
    assert result["type"] == "doc"
    assert result["excerpt"].splitlines() == [
        "The turbine turns.",
        "See the gauge there.",
        "Ångström and Żubrówka flow to the Łódź turbine.",
        "Left\tRight",
    ]


def test_text_and_csv(tmp_path: Path, ctx: RecordingContext) -> None:
    (tmp_path / "x.txt").write_bytes(GERMAN.encode("latin-1"))
    result = analyse(ctx, tmp_path / "x.txt", "text/plain", summary_sentences=1)
    assert (result["type"], result["language"], result["words"]) == ("text", "de", 15)
    assert "führt" in result["excerpt"]
    (tmp_path / "x.csv").write_text("name;n\n" + "".join(f"part {n};{n}\n" for n in range(1000)))
    table = analyse(ctx, tmp_path / "x.csv", "text/csv", max_table_rows=2)["tables"][0]
    assert table == {
        "name": "x.csv",
        "row_count": 1001,
        "column_count": 2,
        "rows": [["name", "n"], ["part 0", "0"]],
    }


def make_zip(path: Path, **parts: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/") + ".xml", content)
    return path


@pytest.mark.parametrize(
    ("mime", "content", "reason"),
    [
        (PDF, b"", "empty"),
        (PDF, b"%PDF-1.7\n" + b"garbage " * 500, "the PDF is broken"),
        (PDF, b"not a pdf at all", "the PDF is broken"),
        (DOCX, b"PK\x03\x04" + bytes(100), "the .docx is broken"),
        (XLSX, b"no zip", "the .xlsx is broken"),
        (XLSX, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "the .xlsx is encrypted"),
        (DOC, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "broken|no Word document"),
        (DOC, b"plain words", "broken"),
        ("text/plain", b"   \n\t ", "no text"),
        ("text/plain", bytes(range(256)) * 50, "no text that can be decoded"),
    ],
)
def test_broken_documents_are_refused(
    tmp_path: Path, ctx: RecordingContext, mime: str, content: bytes, reason: str
) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(HandlerError, match=reason) as caught:
        analyse(ctx, path, mime)
    assert str(tmp_path) not in str(caught.value)


def test_a_pdf_cut_in_half_is_refused_or_read_in_part(tmp_path: Path, ctx: RecordingContext) -> None:
    whole = make_pdf(tmp_path / "x.pdf", [TEXT] * 20).read_bytes()
    (tmp_path / "half.pdf").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(HandlerError, match="the PDF is broken"):
        analyse(ctx, tmp_path / "half.pdf", PDF)


def test_entities_are_not_expanded(tmp_path: Path, ctx: RecordingContext) -> None:
    import docx

    document = docx.Document()
    document.add_paragraph("MARK")
    document.save(str(tmp_path / "x.docx"))
    with zipfile.ZipFile(tmp_path / "x.docx") as good:
        parts = {name: good.read(name) for name in good.namelist()}
    head, _, body = parts["word/document.xml"].partition(b"<w:document")
    bomb = b'<!DOCTYPE x [<!ENTITY a "boom"><!ENTITY e SYSTEM "file:///etc/hostname">]>'
    changed = (b"<w:document" + body).replace(b"MARK", b"text &a;&e; end")
    parts["word/document.xml"] = head + bomb + changed
    with zipfile.ZipFile(tmp_path / "bomb.docx", "w") as bad:
        for name, content in parts.items():
            bad.writestr(name, content)
    result = analyse(ctx, tmp_path / "bomb.docx", DOCX)
    assert result["excerpt"] == "text"


def test_zip_bombs_do_no_harm(tmp_path: Path, ctx: RecordingContext) -> None:
    bomb = make_zip(tmp_path / "a.docx", word__document=bytes(301 * 1024 * 1024))
    with pytest.raises(HandlerError, match="unpacks to more than 300 MiB"):
        analyse(ctx, bomb, DOCX)
    other = make_zip(tmp_path / "b.docx", hello=b"<x/>")
    with pytest.raises(HandlerError, match=r"no \.docx"):
        analyse(ctx, other, DOCX)


def test_an_old_doc_that_is_encrypted_or_too_old(tmp_path: Path, ctx: RecordingContext) -> None:
    write_doc(tmp_path / "x.doc", ["secret"], encrypted=True)
    with pytest.raises(HandlerError, match="encrypted"):
        analyse(ctx, tmp_path / "x.doc", DOC)
    write_doc(tmp_path / "y.doc", ["old"], version=0x65)
    with pytest.raises(HandlerError, match="older than Word 97"):
        analyse(ctx, tmp_path / "y.doc", DOC)


def test_cancelling_ends_the_reading(tmp_path: Path) -> None:
    ctx = RecordingContext(tmp_path, cancel_when=lambda ctx: len(ctx.percents) >= 2)
    path = make_pdf(tmp_path / "x.pdf", [TEXT] * 30)
    assert analyse(ctx, path, PDF, include_text=True) == {}
    assert ctx.messages[-1] == "page 2 of 30"
    assert ctx.output is None
