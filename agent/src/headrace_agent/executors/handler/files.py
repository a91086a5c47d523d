"""The result files of one run: the main one and those beside it, in a folder of their own."""

from __future__ import annotations

from pathlib import Path

from headrace_agent.handlers.api import MOST_EXTRA_FILES
from headrace_contracts.keys import safe_filename


class ResultFiles:
    """Gives out the paths below ``folder`` that a handler may write to; no two share a name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._main: Path | None = None
        self._extra: list[Path] = []
        #: What ``Handler.extra_files`` says: a transport that can't carry them counts on it.
        self.extra_allowed = False

    def main(self, filename: str) -> Path:
        """Raises ValueError for a name that no download can have, and for a second main file."""
        path = self._path(filename)
        if self._main is None and not self._taken(path):
            self._main = path
        if self._main != path:
            taken = self._main or path
            raise ValueError(
                f"a job has one main result file, and {taken.name!r} is taken: use extra_path for others"
            )
        return path

    def beside(self, filename: str) -> Path:
        """Raises ValueError for a name that no download can have or that is taken, and for one file too many."""
        if not self.extra_allowed:
            raise ValueError("a handler that writes extra files says so: Handler(extra_files=True)")
        path = self._path(filename)
        if path in self._extra:
            return path
        if self._taken(path):
            raise ValueError(f"the job has a result file {filename!r} already")
        if len(self._extra) == MOST_EXTRA_FILES:
            raise ValueError(f"a job has at most {MOST_EXTRA_FILES} result files beside the main one")
        self._extra.append(path)
        return path

    def written_main(self) -> Path | None:
        """None when no path was asked for, or nothing was written there."""
        return self._main if self._main is not None and self._main.is_file() else None

    def written_extra(self) -> list[Path]:
        """In the order in which they were asked for."""
        return [path for path in self._extra if path.is_file()]

    def _path(self, filename: str) -> Path:
        if Path(filename).name != filename or filename in {"", ".", ".."}:
            raise ValueError(f"a result file's name has no folders: {filename!r}")
        if safe_filename(filename, "") != filename or filename.startswith("."):
            raise ValueError(f"a client can't save a result file of this name: {filename!r}")
        self._folder.mkdir(exist_ok=True)
        return self._folder / filename

    def _taken(self, path: Path) -> bool:
        """Also by a name that differs in case only: not every client's disk tells them apart."""
        known = [*self._extra, *([self._main] if self._main else [])]
        return any(path.name.casefold() == other.name.casefold() for other in known)
