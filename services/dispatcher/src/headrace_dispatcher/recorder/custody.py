"""A result may name files of its own job only.

Agents write through URLs that are good for one place each, but say themselves in EVENTS what they wrote. Whoever reads
the result of a job gets the object that stands there: an agent that was taken over must not be able to put another
customer's input or result in its place. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from headrace_contracts.messages.events import Completed, Failed, FailureCode


def in_custody(event: Completed | Failed) -> Completed | Failed:
    """The event as it may be recorded: a result with a foreign file is a failure of its machine."""
    if isinstance(event, Failed) or all(_own(event, key) for key in _keys(event)):
        return event
    return Failed(
        id=event.id,
        fence=event.fence,
        trace=event.trace,
        started_at=event.started_at,
        finished_at=event.finished_at,
        code=FailureCode.TRANSFER,
        reason="the agent named a file that is not of this job",
    )


def _keys(event: Completed) -> Iterator[str]:
    if event.result_ref is not None:
        yield event.result_ref
    if event.file is not None:
        yield event.file.key
    for file in event.extra_files:
        yield file.key


def _own(event: Completed, key: str) -> bool:
    place = f"results/{event.id}/"
    return key.startswith(place) and all(
        part not in {"", ".", ".."} for part in key.removeprefix(place).split("/")
    )
