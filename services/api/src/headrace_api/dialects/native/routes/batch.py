"""Up to 1,000 jobs in one request and one commit; each is judged by itself."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError as ShapeError
from pydantic_core import to_json

from headrace_api.core.core import Core
from headrace_api.core.errors import CoreError, Problem, UnavailableError, ValidationError
from headrace_api.core.submit import SubmitJob
from headrace_api.dialects.native import ids
from headrace_api.dialects.native.decode import Decoder
from headrace_api.dialects.native.errors import body_of, problems_of
from headrace_api.dialects.native.route import Call, Route
from headrace_api.dialects.native.schemas.errors import ErrorBody
from headrace_api.dialects.native.schemas.job_body import JobBody
from headrace_api.dialects.native.schemas.job_queries import Batch, BatchBody, BatchItem
from headrace_api.dialects.native.settings import NativeSettings
from headrace_api.http.idempotency import idempotency_key
from headrace_contracts.scopes import JOBS_WRITE


class BatchRoutes:
    def __init__(self, core: Core, settings: NativeSettings) -> None:
        self._core = core
        self._settings = settings

    async def submit(self, call: Call[BatchBody, Any]) -> Batch:
        decoder = Decoder(self._core, self._settings, call.who)
        commands: dict[int, SubmitJob] = {}
        refused: dict[int, CoreError] = {}
        for index, raw in enumerate(call.body.jobs):
            try:
                commands[index] = await decoder.command(_job(raw))
            except UnavailableError:
                raise  # the site's trouble, not this job's
            except CoreError as error:
                refused[index] = error
        if not commands:
            raise _all_refused(refused)
        items = {index: _refused(index, error) for index, error in refused.items()}
        made = await self._core.submissions.submit(list(commands.values()), key=idempotency_key(call.request))
        for index, job in zip(commands, made, strict=True):
            items[index] = BatchItem(
                index=index, job_id=ids.shown(ids.JOB, job.id), status=str(job.state), error=None
            )
        return Batch(
            submitted=len(commands), failed=len(refused), jobs=[items[index] for index in sorted(items)]
        )


def _job(raw: dict[str, Any]) -> JobBody:
    """Raises the core's ValidationError."""
    try:
        return JobBody.model_validate_json(to_json(raw))
    except ShapeError as error:
        raise problems_of(error, place="body") from error


def _refused(index: int, error: CoreError) -> BatchItem:
    _, body = body_of(error)
    return BatchItem(index=index, job_id=None, status=None, error=ErrorBody.model_validate(body))


def _all_refused(refused: dict[int, CoreError]) -> ValidationError:
    """Every problem of every job, with its place in the list."""
    problems = []
    for index, error in refused.items():
        _, body = body_of(error)
        found = body["details"] if isinstance(body["details"], list) else []
        problems += [Problem(f"jobs[{index}].{each['field']}", each["message"]) for each in found]
        if not found:
            problems.append(Problem(f"jobs[{index}]", str(error)))
    return ValidationError(problems)


def routes(core: Core, settings: NativeSettings) -> list[Route]:
    return [
        Route(method="POST", path="/v1/jobs:batch", handle=BatchRoutes(core, settings).submit, tag="Jobs",
              summary="Submit up to 1,000 jobs", scope=JOBS_WRITE, body=BatchBody, answer=Batch, status=201,
              idempotent=True, large=True,
              description="What is good is stored, all of it or nothing; what is not is refused by itself. When "
              "nothing is good the answer is 422, with every problem."),
    ]  # fmt: skip
