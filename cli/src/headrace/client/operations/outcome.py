"""What becomes of a job: wait for its end, fetch its result, read what it wrote."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from headrace.client.calls import call, part, tried, value
from headrace.client.errors import JobFailedError, WaitTimeoutError
from headrace.client.events import Event, events_path
from headrace.client.model.job import FINAL, Job
from headrace.client.model.outcome import Attempt, AttemptList, Logs
from headrace.client.operation import operation
from headrace.client.steps import Listen, OnBytes, SaveTo, Sleep, Steps
from headrace.client.target import target_in

#: A job that is waited for is heard, and looked at in between: soon at first, then at leisure. A key has 1,000
#: requests an hour.
_FIRST_LOOK_S = 1.0
_LAST_LOOK_S = 30.0
#: Where events do not come through, such as behind a proxy that keeps them back.
_LAST_DEAF_LOOK_S = 5.0
#: The run is over: the record knows more of it than was heard.
_OVER = FINAL | {"staged"}


class OutcomeCalls:
    @operation
    def wait(
        self,
        job_id: str,
        *,
        timeout_s: float | None = None,
        on_look: Callable[[Job], None] | None = None,
        check: bool = True,
    ) -> Steps[Job]:
        """Wait until the job has ended. ``on_look`` sees it whenever something has changed.

        Raises WaitTimeoutError, and JobFailedError unless ``check`` is False.
        """
        end = math.inf if timeout_s is None else time.monotonic() + timeout_s
        look_s = _FIRST_LOOK_S
        while True:
            job = value((yield from call("GET", f"/v1/jobs/{part(job_id)}")), Job)
            if on_look is not None:
                on_look(job)
            if job.final:
                break
            left_s = end - time.monotonic()
            if left_s <= 0:
                raise WaitTimeoutError(job, timeout_s or 0)
            # Listening may take twice its time.
            hear_s = max(min(look_s, left_s / 2), 0.05)
            heard: bool = yield Listen(
                path=events_path(job.job_id), seconds=hear_s, on_event=_watcher(job, on_look)
            )
            if not heard:
                yield Sleep(seconds=max(0.0, min(look_s, _LAST_DEAF_LOOK_S, end - time.monotonic())))
            look_s = min(look_s * 2, _LAST_LOOK_S)
        if check and job.status != "completed":
            raise JobFailedError(job)
        return job

    @operation
    def download(
        self,
        job_id: str,
        to: str | Path | None = None,
        *,
        file: str | None = None,
        on_bytes: OnBytes | None = None,
    ) -> Steps[Path]:
        """Fetch the result file, or the JSON result of a job without one; returns where it is.

        ``to``: a file or a folder; by default the working directory, under the file's own name. ``file``: the name of
        one of several result files. Raises NotFoundError or ConflictError (no result yet).
        """
        step = SaveTo(
            path=f"/v1/jobs/{part(job_id)}/download",
            params={} if file is None else {"file": file},
            target=target_in(to, job_id),
            on_bytes=on_bytes,
        )
        saved = (yield from tried(step, safe=True)).saved
        assert saved is not None  # noqa: S101 -- a SaveTo that was not refused has a file
        return saved

    @operation
    def logs(
        self, job_id: str, *, after: int = -1, stream: str | None = None, limit: int = 100
    ) -> Steps[Logs]:
        """What the job wrote in its last attempt, from the piece after number ``after`` on."""
        params = {"after": after, "stream": stream, "limit": limit}
        return value((yield from call("GET", f"/v1/jobs/{part(job_id)}/logs", params=params)), Logs)

    @operation
    def attempts(self, job_id: str) -> Steps[list[Attempt]]:
        """Each run of the job, first to last."""
        return value((yield from call("GET", f"/v1/jobs/{part(job_id)}/attempts")), AttemptList).attempts


def _watcher(job: Job, on_look: Callable[[Job], None] | None) -> Callable[[Event], bool]:
    """Tells of changes as they come; wants to look again when the run is over."""
    seen = job

    def watch(event: Event) -> bool:
        nonlocal seen
        changed = _changed(seen, event)
        if changed != seen and on_look is not None and changed.status not in _OVER:
            on_look(changed)
        over = changed.status in _OVER and changed.status != job.status
        seen = changed
        return over

    return watch


def _changed(job: Job, event: Event) -> Job:
    """The job after what was heard."""
    data = event.data
    if event.kind == "progress":
        said = data.get("message") or job.progress_message
        return msgspec.structs.replace(job, progress=data.get("progress"), progress_message=said)
    if event.kind == "state" and data.get("status") != job.status:
        return msgspec.structs.replace(
            job,
            status=data["status"],
            attempt=data.get("attempt", job.attempt),
            miner_id=data.get("miner_id"),
            waiting_reason=None,
        )
    return job
