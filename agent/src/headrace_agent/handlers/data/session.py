"""A DuckDB that knows one table and nothing of the machine around it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from headrace_agent.handlers.api import HandlerError
from headrace_agent.handlers.memory import at_most

_POLL_S = 0.1
_MIB = 1024 * 1024
#: Where DuckDB's messages turn from what is wrong to what to do about it in DuckDB.
_ADVICE = ("\n\n", "\nPossible ", "\nLINE ", "\nThe search space ")


class Cancelled(Exception):  # noqa: N818 - an order, not an error
    """The job was cancelled while a statement ran."""


class Session:
    """An in-memory database; files may be read until ``lock``, after it nothing outside can be reached.

    ``memory_mb`` bounds the database, ``spill_mb`` what it may put on disk meanwhile. ``cancelled`` is asked
    ten times a second while a statement runs.
    """

    def __init__(self, *, memory_mb: int, spill_mb: int, threads: int, cancelled: Callable[[], bool]) -> None:
        self._memory_mb = memory_mb
        self._spill_mb = spill_mb
        self._threads = threads
        self.cancelled = cancelled
        self._stack = ExitStack()
        self._hidden: dict[str, str] = {}

    def __enter__(self) -> Self:
        import duckdb

        with ExitStack() as stack:  # undone if anything below fails
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="headrace-data-"))
            self._hidden[folder] = "temporary files"
            self._thread = stack.enter_context(ThreadPoolExecutor(1, "duckdb"))
            self._database = duckdb.connect(
                ":memory:",
                config={
                    "memory_limit": f"{self._memory_mb}MiB",
                    "threads": self._threads,
                    "temp_directory": folder,
                    "autoinstall_known_extensions": "false",
                    "autoload_known_extensions": "false",
                    "allow_community_extensions": "false",
                },
            )
            stack.callback(self._database.close)
            # Given at connect, this one is shown but not kept to (DuckDB 2.0.0).
            self._database.execute(f"SET max_temp_directory_size = '{self._spill_mb}MiB'")
            # Else SQL could name a variable of this process as if it were a table.
            self._database.execute("SET python_enable_replacements = false")
            # DuckDB's threads and the result in Python's objects need room beside the limit.
            stack.enter_context(at_most((self._memory_mb * 2 + 512) * _MIB))
            self.folder = Path(folder)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def hide(self, path: Path, name: str) -> None:
        """Let messages speak of ``name`` where DuckDB says ``path``."""
        self._hidden[str(path)] = name

    def lock(self, writable: Path | None = None) -> None:
        """From now on no file can be read and no setting changed; only ``writable`` may be written."""
        if writable is not None:
            self._database.execute("SET allowed_paths = [" + literal(str(writable)) + "]")
        self._database.execute("SET enable_external_access = false")
        self._database.execute("SET lock_configuration = true")

    def is_one_select(self, sql: str) -> bool:
        """Whether ``sql`` is exactly one statement that only reads. Raises ``HandlerError`` if it doesn't parse."""
        import duckdb

        try:
            statements = self._database.extract_statements(sql)
        except duckdb.Error as error:
            raise HandlerError(self._reason(error)) from error
        return len(statements) == 1 and statements[0].type == duckdb.StatementType.SELECT

    def run(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a statement. Raises ``HandlerError`` with DuckDB's reason, ``Cancelled``."""
        import duckdb

        future: Future[list[tuple[Any, ...]]] = self._thread.submit(self._execute, sql, values)
        try:
            return self._wait(future)
        except duckdb.InterruptException as error:
            raise Cancelled from error
        except duckdb.OutOfMemoryException as error:
            raise HandlerError(
                f"the data or the query needs more memory than its limit of {self._memory_mb} MiB"
            ) from error
        except MemoryError as error:
            raise HandlerError("the result does not fit into memory: ask for fewer rows") from error
        except duckdb.Error as error:
            raise HandlerError(self._reason(error)) from error
        finally:
            if not future.done():  # the wait itself was broken off: nobody needs the answer any more
                self._database.interrupt()

    def _wait(self, future: Future[list[tuple[Any, ...]]]) -> list[tuple[Any, ...]]:
        stop = False
        while True:
            try:
                return future.result(timeout=_POLL_S)
            except NotYet:
                if stop := stop or self.cancelled():
                    self._database.interrupt()

    def _execute(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._database.execute(sql, list(values)).fetchall()
        return rows

    def _reason(self, error: Exception) -> str:
        """DuckDB's first sentences, without advice for its own users and paths of this machine."""
        text = str(error)
        for advice in _ADVICE:
            text = text.split(advice, maxsplit=1)[0]
        for path, name in self._hidden.items():
            text = text.replace(path, name)
        return " ".join(text.split())[:500]


def name(identifier: str) -> str:
    """``identifier`` quoted for SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """``text`` quoted for the few places where SQL takes no parameter."""
    return "'" + text.replace("'", "''") + "'"
