"""A file into the table ``data``."""

from __future__ import annotations

import codecs
from pathlib import Path

from headrace_agent.handlers.api import HandlerError, InputFile
from headrace_agent.handlers.data.profile import columns
from headrace_agent.handlers.data.session import Session
from headrace_agent.handlers.data.xml_rows import to_csv
from headrace_contracts.catalogue.data_processing import DataProcessing

_BLOCK = 1 << 20


def load(session: Session, source: InputFile, payload: DataProcessing) -> None:
    """Make the table ``data`` from ``source``, then lock the session but for reading it.

    Raises ``HandlerError`` that says where the file is broken.
    """
    if source.path.stat().st_size == 0:
        raise HandlerError("the file is empty")
    session.hide(source.path, source.name)
    match source.mime:
        case "text/csv":
            reader, path = _csv(source.path, payload), source.path
        case "application/json":
            reader, path = "read_json(?, sample_size = -1, maximum_object_size = 67108864)", source.path
        case "application/x-parquet":
            reader, path = "read_parquet(?)", source.path
        case "application/xml":
            path = session.folder / "rows.csv"
            session.hide(path, source.name)
            to_csv(source.path, path, payload.row_element, session.cancelled)
            reader = "read_csv(?, header = true, delim = ',', sample_size = -1, strict_mode = true)"
        case _:
            raise HandlerError(f"data-processing can't read {source.mime}")
    try:
        session.run(f"CREATE TABLE data AS SELECT * FROM {reader}", [str(path)])  # noqa: S608 - fixed texts
    except HandlerError as error:
        raise HandlerError(f"{source.name} can't be read as {source.mime}: {error}") from error
    if source.mime == "text/csv" and payload.delimiter is None:
        _refuse_unsplit(session, source.name)


def _refuse_unsplit(session: Session, filename: str) -> None:
    """DuckDB takes a CSV whose rows differ in length for one with a single column: say so instead."""
    heads = [head for head, _ in columns(session, "data")]
    if len(heads) == 1 and any(mark in heads[0] for mark in ",;\t|"):
        raise HandlerError(
            f"{filename} can't be read as text/csv: its rows differ in their number of fields; if it really has "
            "one column, state the delimiter"
        )


def _csv(path: Path, payload: DataProcessing) -> str:
    """The call that reads a CSV, with what the client said about it; the rest is found by DuckDB."""
    options = ["sample_size = -1", f"encoding = '{encoding(path)}'"]
    if payload.delimiter is not None:
        options.append("delim = '" + payload.delimiter.replace("'", "''") + "'")
    if payload.has_header is not None:
        options.append(f"header = {str(payload.has_header).lower()}")
    return f"read_csv(?, {', '.join(options)})"


def encoding(path: Path) -> str:
    """``utf-16``, ``utf-8`` or, where the bytes are neither, ``latin-1``."""
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "latin-1"
    return "utf-8"
