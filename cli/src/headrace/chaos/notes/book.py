"""Where notes are kept: files to which lines are appended, by several processes at once where need be."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")

#: Tells the handlers where to write: the workers of an agent inherit it.
NOTES_VARIABLE = "HEADRACE_CHAOS_NOTES"


@dataclass(frozen=True, kw_only=True)
class NoteBooks:
    """The files of one run, one for each kind of entry."""

    folder: Path

    @property
    def asked(self) -> Path:
        return self.folder / "asked.jsonl"

    @property
    def answers(self) -> Path:
        return self.folder / "answers.jsonl"

    @property
    def cancels(self) -> Path:
        return self.folder / "cancels.jsonl"

    @property
    def runs(self) -> Path:
        return self.folder / "runs.jsonl"

    @property
    def webhooks(self) -> Path:
        return self.folder / "webhooks.jsonl"

    @property
    def faults(self) -> Path:
        return self.folder / "faults.jsonl"


class Pen:
    """Appends entries to one file. One write a line: lines of several processes do not mix (O_APPEND)."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, entry: msgspec.Struct) -> None:
        os.write(self._descriptor, msgspec.json.encode(entry) + b"\n")

    def close(self) -> None:
        os.close(self._descriptor)


def read_notes(path: Path, kind: type[T]) -> list[T]:
    """All entries, in the order in which they were written; none when there is no file.

    Raises ValueError for a damaged line: notes that can't be read prove nothing.
    """
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    try:
        return [msgspec.json.decode(line, type=kind) for line in lines]
    except msgspec.DecodeError as error:
        raise ValueError(f"{path} is damaged: {error}") from error
