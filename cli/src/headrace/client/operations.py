"""What can be done over the native API. Each method blocks in ``Client`` and is awaited in ``AsyncClient``."""

from __future__ import annotations

import mimetypes
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from headrace.client.calls import call, checked, value
from headrace.client.errors import JobFailedError, WaitTimeoutError
from headrace.client.model import Batch, FileSlot, Job, JobPage, Logs, Submitted
from headrace.client.operation import operation
from headrace.client.steps import OnBytes, PutFile, Reply, SaveTo, Sleep, Steps
from headrace.client.target import target_in

#: How often a job that is waited for is looked at, in seconds: soon at first, then at leisure.
_FIRST_LOOK_S = 0.05
_LAST_LOOK_S = 2.0


class Operations:
    """The calls that both clients have."""

    @operation
    def submit(
        self,
        /,
        model: str,
        input: str | None = None,  # noqa: A002 -- the API's own word
        *,
        payload: Mapping[str, Any] | None = None,
        file: str | Path | None = None,
        priority: str = "normal",
        idempotency_key: str | None = None,
        on_bytes: OnBytes | None = None,
        **options: Any,
    ) -> Steps[Submitted]:
        """Submit a job. ``input``: the model's text, or the id of a file; ``file``: a local one, uploaded first.

        ``options``: further fields of ``POST /v1/jobs``, such as ``run_at``, ``webhook_url`` or ``destinations``. Safe
        to be repeated: without a key of yours it has one of its own. Raises ApiError (422 with a detail a field).
        """
        if file is not None:
            input = yield from self._upload(Path(file), on_bytes)  # noqa: A001 -- as above
        body = {"model": model, "input": input, "payload": payload, "priority": priority, **options}
        given = {name: each for name, each in body.items() if each is not None}
        key = idempotency_key or str(uuid.uuid4())
        reply = yield from call("POST", "/v1/jobs", json=given, key=key)
        return value(reply, Submitted)

    @operation
    def submit_batch(
        self, jobs: Sequence[Mapping[str, Any]], *, idempotency_key: str | None = None
    ) -> Steps[Batch]:
        """Submit up to 1,000 jobs at once, each as the body of ``POST /v1/jobs``."""
        key = idempotency_key or str(uuid.uuid4())
        return value((yield from call("POST", "/v1/jobs:batch", json={"jobs": list(jobs)}, key=key)), Batch)

    @operation
    def get(self, job_id: str) -> Steps[Job]:
        """A job as it stands. Raises NotFoundError."""
        return value((yield from call("GET", f"/v1/jobs/{job_id}")), Job)

    @operation
    def jobs(
        self,
        *,
        status: str | None = None,
        model: str | None = None,
        limit: int = 20,
        cursor: str | None = None,
    ) -> Steps[JobPage]:
        """A page of the account's jobs, youngest first."""
        params = {"status": status, "model": model, "limit": limit, "cursor": cursor}
        return value((yield from call("GET", "/v1/jobs", params=params)), JobPage)

    @operation
    def cancel(self, job_id: str) -> Steps[Job]:
        """Cancel a job that has not ended. Raises NotFoundError or ConflictError."""
        yield from call("DELETE", f"/v1/jobs/{job_id}")
        return value((yield from call("GET", f"/v1/jobs/{job_id}")), Job)

    @operation
    def retry(self, job_id: str) -> Steps[Submitted]:
        """Submit a job that has ended once more, as a new one. Raises NotFoundError or ConflictError."""
        reply = yield from call("POST", f"/v1/jobs/{job_id}/retry", key=str(uuid.uuid4()))
        return value(reply, Submitted)

    @operation
    def approve(self, job_id: str) -> Steps[Job]:
        """Let a staged job be published. Raises NotFoundError or ConflictError."""
        yield from call("POST", f"/v1/jobs/{job_id}/approve")
        return value((yield from call("GET", f"/v1/jobs/{job_id}")), Job)

    @operation
    def schedule(self, /, job_id: str, **times: datetime | None) -> Steps[Job]:
        """Set ``run_at`` or ``publish_at``; None takes the time away. Raises NotFoundError or ConflictError."""
        body = {name: None if at is None else at.isoformat() for name, at in times.items()}
        yield from call("PATCH", f"/v1/jobs/{job_id}/schedule", json=body)
        return value((yield from call("GET", f"/v1/jobs/{job_id}")), Job)

    @operation
    def logs(self, job_id: str, *, after: int = -1) -> Steps[Logs]:
        """What the job wrote, from the piece after number ``after`` on."""
        return value((yield from call("GET", f"/v1/jobs/{job_id}/logs", params={"after": after})), Logs)

    @operation
    def wait(
        self,
        job_id: str,
        *,
        timeout_s: float | None = None,
        on_look: Callable[[Job], None] | None = None,
        check: bool = True,
    ) -> Steps[Job]:
        """Wait until the job has ended. ``on_look`` sees it at each look.

        Raises WaitTimeoutError, and JobFailedError unless ``check`` is False.
        """
        end = None if timeout_s is None else time.monotonic() + timeout_s
        pause_s = _FIRST_LOOK_S
        while True:
            job = value((yield from call("GET", f"/v1/jobs/{job_id}")), Job)
            if on_look is not None:
                on_look(job)
            if job.final:
                break
            if end is not None and time.monotonic() >= end:
                raise WaitTimeoutError(job, timeout_s or 0)
            yield Sleep(seconds=pause_s)
            pause_s = min(pause_s * 1.3, _LAST_LOOK_S)
        if check and job.status != "completed":
            raise JobFailedError(job)
        return job

    @operation
    def download(
        self, job_id: str, to: str | Path | None = None, *, on_bytes: OnBytes | None = None
    ) -> Steps[Path]:
        """Fetch the result file, or the JSON result of a job without one; returns where it is.

        ``to``: a file or a folder; by default the working directory, under the file's own name.
        """
        step = SaveTo(path=f"/v1/jobs/{job_id}/download", target=target_in(to, job_id), on_bytes=on_bytes)
        reply: Reply = yield step
        saved = checked(reply).saved
        assert saved is not None  # noqa: S101 -- a SaveTo that was not refused has a file
        return saved

    @operation
    def upload(self, path: str | Path, *, on_bytes: OnBytes | None = None) -> Steps[str]:
        """Upload a file; returns the id that a submit takes as ``input``."""
        return (yield from self._upload(Path(path), on_bytes))

    def _upload(self, path: Path, on_bytes: OnBytes | None) -> Steps[str]:
        size = path.stat().st_size
        mime = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        body = {"name": path.name, "mime": mime, "size": size}
        slot = value((yield from call("POST", "/v1/files", json=body)), FileSlot)
        headers = slot.headers or {"Content-Type": mime}
        reply: Reply = yield PutFile(url=slot.upload_url, path=path, headers=headers, on_bytes=on_bytes)
        checked(reply)
        return slot.file_id
