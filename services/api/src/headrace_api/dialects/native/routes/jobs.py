"""Submit, see, list, cancel, retry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from headrace_api.core.core import Core
from headrace_api.core.errors import Problem, ValidationError
from headrace_api.core.submit import SubmittedJob
from headrace_api.core.waiting import WaitingReason
from headrace_api.dialects.native import encode, ids, paging
from headrace_api.dialects.native.decode import NAME, Decoder
from headrace_api.dialects.native.estimate import estimate
from headrace_api.dialects.native.route import Call, Reply, Route
from headrace_api.dialects.native.schemas.job import Cancelled, Job, JobList
from headrace_api.dialects.native.schemas.job_body import JobAccepted, JobBody
from headrace_api.dialects.native.schemas.job_queries import HistoryQuery, JobListQuery
from headrace_api.dialects.native.settings import NativeSettings
from headrace_api.http.idempotency import idempotency_key
from headrace_contracts.jobs.view import JobView
from headrace_contracts.scopes import JOBS_READ, JOBS_WRITE
from headrace_store.jobs.find import JobPage, JobQuery

TAG = "Jobs"
NOT_FOUND = {404: "Job not found"}


class JobRoutes:
    def __init__(self, core: Core, settings: NativeSettings) -> None:
        self._core = core
        self._settings = settings

    async def submit(self, call: Call[JobBody, Any]) -> Reply:
        command = await Decoder(self._core, self._settings, call.who).command(call.body)
        (made,) = await self._core.submissions.submit([command], key=idempotency_key(call.request))
        return await self._accepted(made)

    async def retry(self, call: Call[Any, Any]) -> Reply:
        first = ids.read(ids.JOB, call.path("id"))
        made = await self._core.retries.retry(
            first,
            call.who.account_id,
            dialect=NAME,
            trace=self._core.tracing.inject(),
            key=idempotency_key(call.request),
        )
        return await self._accepted(made, retry_of=None if first is None else ids.shown(ids.JOB, first))

    async def _accepted(self, made: SubmittedJob, retry_of: str | None = None) -> Reply:
        cost, seconds = await estimate(self._core, made.model, made.pool)
        return Reply(
            answer=encode.accepted(made, cost=cost, seconds=seconds, retry_of=retry_of),
            headers={"Location": encode.job_path(made)},
        )

    async def get(self, call: Call[Any, Any]) -> Reply:
        document = await self._core.jobs.document(ids.read(ids.JOB, call.path("id")), call.who.account_id)
        view = document.job
        shown = await describe(self._core, view)
        done = document.result is not None and view.state in encode.DONE
        return Reply(answer=shown, raw={"result": document.result} if done and document.result else {})

    async def listed(self, call: Call[Any, JobListQuery]) -> JobList:
        asked = call.query
        page = await self._core.jobs.find(
            JobQuery(
                account_id=call.who.account_id,
                states=asked.status or None,
                models=asked.model or None,
                limit=asked.limit,
                after=paging.after(ids.JOB, asked.cursor),
            )
        )
        return page_of(page, await self._core.why.of_all(page.jobs))

    async def history(self, call: Call[Any, HistoryQuery]) -> JobList:
        asked = call.query
        if asked.until < asked.since:
            raise ValidationError([Problem("to", "must not lie before 'from'")])
        page = await self._core.jobs.find(
            JobQuery(
                account_id=call.who.account_id,
                created_from=datetime.combine(asked.since, time(), UTC),
                created_to=datetime.combine(asked.until, time(), UTC) + timedelta(days=1),
                limit=asked.limit,
                after=paging.after(ids.JOB, asked.cursor),
            )
        )
        return page_of(page, await self._core.why.of_all(page.jobs))

    async def cancel(self, call: Call[Any, Any]) -> Cancelled:
        gone = await self._core.jobs.cancel(ids.read(ids.JOB, call.path("id")), call.who.account_id)
        return Cancelled(job_id=ids.shown(ids.JOB, gone.id), status="cancelled", cancelled_at=gone.at)


async def describe(core: Core, view: JobView) -> Job:
    """A job with all of it but its result."""
    return encode.job(
        view,
        await core.why.of(view),
        await core.jobs.publications(view),
    )


def page_of(page: JobPage, waiting: Mapping[UUID, WaitingReason]) -> JobList:
    last = page.jobs[-1].id if page.has_more and page.jobs else None
    return JobList.model_construct(
        jobs=[encode.summary(view, waiting.get(view.id)) for view in page.jobs],
        total=page.total or 0,
        has_more=page.has_more,
        next_cursor=None if last is None else ids.shown(ids.JOB, last),
    )


def routes(core: Core, settings: NativeSettings) -> list[Route]:
    jobs = JobRoutes(core, settings)
    return [
        Route(method="POST", path="/v1/jobs", handle=jobs.submit, made="job_id", summary="Submit a job", tag=TAG,
              scope=JOBS_WRITE, body=JobBody, answer=JobAccepted, status=201, idempotent=True),
        Route(method="GET", path="/v1/jobs", handle=jobs.listed, summary="List jobs, youngest first", tag=TAG,
              scope=JOBS_READ, query=JobListQuery, answer=JobList),
        Route(method="GET", path="/v1/jobs/history", handle=jobs.history,
              summary="Jobs that were submitted from one day to another, both inclusive", tag=TAG,
              scope=JOBS_READ, query=HistoryQuery, answer=JobList),
        Route(method="GET", path="/v1/jobs/{id}", handle=jobs.get, summary="See a job", tag=TAG,
              scope=JOBS_READ, answer=Job, refuses=NOT_FOUND),
        Route(method="DELETE", path="/v1/jobs/{id}", handle=jobs.cancel, summary="Cancel a job", tag=TAG,
              scope=JOBS_WRITE, answer=Cancelled, refuses={**NOT_FOUND, 409: "It has ended already"}),
        Route(method="POST", path="/v1/jobs/{id}/retry", handle=jobs.retry, made="job_id", tag=TAG, scope=JOBS_WRITE,
              summary="Submit a job that has ended once more", answer=JobAccepted, status=201,
              refuses={**NOT_FOUND, 402: "Too few credits", 409: "It has not ended"}, idempotent=True),
    ]  # fmt: skip
