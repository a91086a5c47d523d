"""A result may name files of its own job only.

Agents write through URLs that are good for one place each, but say themselves in EVENTS what they wrote. Whoever reads
the result of a job gets the object that stands there: an agent that was taken over must not be able to put another
customer's input or result in its place. Names and types of files become headers of downloads. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from headrace_contracts.messages.events import Completed, Failed, FailureCode, FileRef

#: RFC 6838, 4.2, and what may stand behind it.
_MIME: Final = re.compile(r"[\w!#$&^.+-]{1,127}/[\w!#$&^.+-]{1,127}(; ?[ -~]{1,200})?", re.ASCII)


def in_custody(event: Completed | Failed) -> Completed | Failed:
    """The event as it may be recorded: a result with a foreign file is a failure of its machine."""
    if isinstance(event, Failed):
        return event
    if not all(_own(event, key) for key in _keys(event)):
        return _refused(event, "the agent named a file that is not of this job")
    if not all(_sound(file) for file in _files(event)):
        return _refused(event, "the agent gave a file a name or a type that no file has")
    return event


def _refused(event: Completed, reason: str) -> Failed:
    return Failed(
        id=event.id,
        fence=event.fence,
        trace=event.trace,
        started_at=event.started_at,
        finished_at=event.finished_at,
        code=FailureCode.TRANSFER,
        reason=reason,
    )


def _keys(event: Completed) -> Iterator[str]:
    if event.result_ref is not None:
        yield event.result_ref
    for file in _files(event):
        yield file.key


def _files(event: Completed) -> list[FileRef]:
    return [*([] if event.file is None else [event.file]), *event.extra_files]


def _own(event: Completed, key: str) -> bool:
    place = f"results/{event.id}/"
    return key.startswith(place) and all(
        part not in {"", ".", ".."} for part in key.removeprefix(place).split("/")
    )


def _sound(file: FileRef) -> bool:
    name = file.name
    return (
        file.size >= 0
        and _MIME.fullmatch(file.mime) is not None
        and name.strip(". ") != ""
        and name.isprintable()
        and not {"/", "\\"} & set(name)
    )
