"""The interface of a handler: a Python function that runs one job of one model.

A handler runs in a process of its own (see ``executors/``): it may block, use all memory it likes or die
without harm to the agent. It is written as::

    def classify(payload: ImageClassification, input: InputFile | None, ctx: Context) -> dict[str, Any]: ...

    HANDLER = Handler(model=image_classification.MODEL, run=classify, missing=..., version=...)

What it returns is the job's JSON result. A file that it writes to ``ctx.output_path(name)`` becomes the job's main
result file, those of ``ctx.extra_path(name)`` come beside it. It raises ``HandlerError`` with a sentence for the
client when the job can't be done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from headrace_contracts.catalogue.model import Model

#: The most result files that a job has beside the main one.
MOST_EXTRA_FILES: Final = 16


class HandlerError(Exception):
    """The job can't be done; the message is the failure reason that the client reads."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InputFile:
    """The job's input on the local disk."""

    path: Path
    #: Canonical MIME type, found from the content when the file was submitted.
    mime: str
    #: The client's file name, without directories.
    name: str


class Context(Protocol):
    """What a handler may ask of the agent while it runs."""

    @property
    def job_id(self) -> str: ...

    @property
    def attempt(self) -> int:
        """The number of this run, 1 for the first."""

    @property
    def cancelled(self) -> bool:
        """True once the job was cancelled or timed out: a long loop looks at it and returns early."""

    def progress(self, percent: float, message: str = "") -> None:
        """Report how far the run is, 0 to 100; a smaller figure than the last one is ignored."""

    def log(self, line: str) -> None:
        """Write one line to the job's output."""

    def output_path(self, filename: str) -> Path:
        """The path to write the job's main result file to; ``filename`` is what a client downloads."""

    def extra_path(self, filename: str) -> Path:
        """The path of a result file beside the main one, of ``MOST_EXTRA_FILES`` at most; no name twice.

        Only for a handler that says ``extra_files=True``.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class Handler:
    """A model's implementation on this machine."""

    model: Model
    run: Callable[[Any, InputFile | None, Context], dict[str, Any]]
    #: None when everything it needs is installed, else the sentence that says what is missing and how to get it.
    missing: Callable[[], str | None]
    #: What ran, for the result's meta: for example ``efficientnet-lite0``.
    version: str
    #: True when it calls ``ctx.extra_path``: a transport that carries one file a job does not announce its model.
    extra_files: bool = False
