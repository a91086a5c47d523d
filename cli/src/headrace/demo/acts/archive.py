"""Zip files, made and taken apart in memory: those of the plays are small."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path


def zipped(files: Mapping[str, str]) -> bytes:
    """An archive of texts by their paths."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


def zipped_folder(folder: Path) -> bytes:
    """An archive of a folder's files."""
    return zipped(
        {
            str(path.relative_to(folder)): path.read_text()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
    )


def unzip(data: bytes, folder: Path) -> None:
    """Unpack an archive of ours."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(folder)


def member(data: bytes, ending: str) -> str:
    """The text of the member whose name ends so."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        name = next(name for name in archive.namelist() if name.endswith(ending))
        return archive.read(name).decode()
