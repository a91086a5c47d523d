"""A handler's context for tests: keeps what the handler reports and gives it a folder to write to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from headrace_agent.handlers.api import Handler, InputFile
from headrace_contracts.catalogue.model import Payload


class RecordingContext:
    """A ``Context`` whose calls can be looked at afterwards.

    ``cancel_when`` is asked with the context each time the handler looks at ``cancelled``, so that a test can
    cancel a run at a chosen point: ``cancel_when=lambda ctx: len(ctx.percents) > 2``.
    """

    def __init__(
        self,
        folder: Path,
        *,
        job_id: str = "01890000-0000-7000-8000-000000000001",
        attempt: int = 1,
        cancel_when: Callable[[RecordingContext], bool] = lambda _: False,
    ) -> None:
        self._folder = folder
        self._cancel_when = cancel_when
        self.job_id = job_id
        self.attempt = attempt
        self.percents: list[float] = []
        self.messages: list[str] = []
        self.lines: list[str] = []
        self.looked_at_cancelled = 0
        #: The path of the main result file when the handler asked for one, and of those beside it.
        self.output: Path | None = None
        self.extra: list[Path] = []

    @property
    def cancelled(self) -> bool:
        self.looked_at_cancelled += 1
        return self._cancel_when(self)

    def progress(self, percent: float, message: str = "") -> None:
        assert 0 <= percent <= 100, f"progress is 0 to 100, not {percent}"
        if not self.percents or percent >= self.percents[-1]:
            self.percents.append(percent)
            self.messages.append(message)

    def log(self, line: str) -> None:
        assert "\n" not in line, "one line at a time"
        self.lines.append(line)

    def output_path(self, filename: str) -> Path:
        assert Path(filename).name == filename, f"a file name without folders, not {filename!r}"
        out = self._folder / "out"
        out.mkdir(exist_ok=True)
        path = out / filename
        assert self.output in (None, path), "a job has one main result file"
        self.output = path
        return path

    def extra_path(self, filename: str) -> Path:
        path = self._folder / "out" / filename
        path.parent.mkdir(exist_ok=True)
        assert Path(filename).name == filename, f"a file name without folders, not {filename!r}"
        assert path not in (self.output, *self.extra), f"{filename!r} is taken"
        self.extra.append(path)
        return path


def run_handler(
    handler: Handler,
    payload: dict[str, Any],
    ctx: RecordingContext,
    *,
    path: Path | None = None,
    mime: str = "",
) -> dict[str, Any]:
    """Run ``handler`` as the agent would: payload checked by its schema, result fit to be sent as JSON.

    Raises what the handler raises, ``pydantic.ValidationError`` for a payload that the schema refuses.
    """
    assert handler.missing() is None, handler.missing()
    checked: Payload = handler.model.payload.model_validate_json(json.dumps(payload))
    file = None if path is None else InputFile(path=path, mime=mime, name=path.name)
    result = handler.run(checked, file, ctx)
    json.dumps(result, allow_nan=False)
    return result
