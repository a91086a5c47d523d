"""Jobs: submit, see, list, decide."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from headrace.client.calls import call, part, value
from headrace.client.errors import ConflictError
from headrace.client.model.job import Batch, Job, JobPage, Submitted
from headrace.client.operation import operation
from headrace.client.operations.files import send_file
from headrace.client.steps import OnBytes, Steps


class JobCalls:
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
        to be repeated: without a key of yours it has one of its own. With one of yours ``upload`` first and give the
        same id each time: a file that is uploaded again is another one. Raises ApiError (422 with a detail a field).
        """
        if file is not None:
            if input is not None:
                raise ValueError("give input or file, not both: the file is the input")
            input = (yield from send_file(Path(file), on_bytes)).file_id  # noqa: A001 -- as above
        body = {"model": model, "input": input, "payload": payload, "priority": priority, **options}
        given = {name: _plain(each) for name, each in body.items() if each is not None}
        key = idempotency_key or str(uuid.uuid4())
        reply = yield from call("POST", "/v1/jobs", json=given, key=key)
        return value(reply, Submitted)

    @operation
    def submit_batch(
        self, jobs: Sequence[Mapping[str, Any]], *, idempotency_key: str | None = None
    ) -> Steps[Batch]:
        """Submit up to 1,000 jobs at once, each as the body of ``POST /v1/jobs``.

        What is good is taken, what is not is refused by itself; ApiError (422) only when nothing is good.
        """
        key = idempotency_key or str(uuid.uuid4())
        body = {"jobs": [{name: _plain(each) for name, each in job.items()} for job in jobs]}
        return value((yield from call("POST", "/v1/jobs:batch", json=body, key=key)), Batch)

    @operation
    def get(self, job_id: str) -> Steps[Job]:
        """A job as it stands. Raises NotFoundError."""
        return value((yield from call("GET", f"/v1/jobs/{part(job_id)}")), Job)

    @operation
    def jobs(
        self,
        *,
        status: str | Sequence[str] | None = None,
        model: str | Sequence[str] | None = None,
        limit: int = 20,
        cursor: str | None = None,
    ) -> Steps[JobPage]:
        """A page of the account's jobs, youngest first; ``status`` and ``model``: one or several."""
        params = {"status": status, "model": model, "limit": limit, "cursor": cursor}
        return value((yield from call("GET", "/v1/jobs", params=params)), JobPage)

    @operation
    def history(
        self, since: date | str, until: date | str, *, limit: int = 100, cursor: str | None = None
    ) -> Steps[JobPage]:
        """A page of the jobs that were submitted from one day (UTC) to another, both inclusive."""
        params = {"from": str(since), "to": str(until), "limit": limit, "cursor": cursor}
        return value((yield from call("GET", "/v1/jobs/history", params=params)), JobPage)

    @operation
    def cancel(self, job_id: str) -> Steps[Job]:
        """Cancel a job that has not ended; one that is cancelled already is what was wished.

        Raises NotFoundError or ConflictError.
        """
        try:
            yield from call("DELETE", f"/v1/jobs/{part(job_id)}")
        except ConflictError:
            job = value((yield from call("GET", f"/v1/jobs/{part(job_id)}")), Job)
            if job.status != "cancelled":
                raise
            return job
        return value((yield from call("GET", f"/v1/jobs/{part(job_id)}")), Job)

    @operation
    def retry(self, job_id: str) -> Steps[Submitted]:
        """Submit a job that has ended once more, as a new one. Raises NotFoundError or ConflictError."""
        reply = yield from call("POST", f"/v1/jobs/{part(job_id)}/retry", key=str(uuid.uuid4()))
        return value(reply, Submitted)

    @operation
    def approve(self, job_id: str) -> Steps[Job]:
        """Let a staged job be published. Raises NotFoundError or ConflictError."""
        yield from call("POST", f"/v1/jobs/{part(job_id)}/approve")
        return value((yield from call("GET", f"/v1/jobs/{part(job_id)}")), Job)

    @operation
    def schedule(self, /, job_id: str, **times: datetime | None) -> Steps[Job]:
        """Set ``run_at`` or ``publish_at``; None takes the time away. Raises NotFoundError or ConflictError."""
        body = {name: _plain(at) for name, at in times.items()}
        yield from call("PATCH", f"/v1/jobs/{part(job_id)}/schedule", json=body)
        return value((yield from call("GET", f"/v1/jobs/{part(job_id)}")), Job)

    @operation
    def move(self, job_id: str, priority: str | int) -> Steps[Job]:
        """Let a job that waits go on waiting in another class: a word, or 0 (low) to 3 (urgent).

        Raises NotFoundError or ConflictError (it has begun, or ended).
        """
        path = f"/v1/jobs/{part(job_id)}/priority"
        return value((yield from call("POST", path, json={"priority": priority})), Job)


def _plain(each: Any) -> Any:
    """Times as RFC 3339; one without a zone is local time, as everywhere in Python."""
    return each.astimezone().isoformat() if isinstance(each, datetime) else each
