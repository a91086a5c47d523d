"""What an owner decides of a job later: its times, and its approval."""

from __future__ import annotations

from typing import Any

import msgspec

from headrace_api.core.core import Core
from headrace_api.dialects.native import ids
from headrace_api.dialects.native.route import Call, Route
from headrace_api.dialects.native.routes.jobs import NOT_FOUND, TAG, describe
from headrace_api.dialects.native.schemas.job import Job
from headrace_api.dialects.native.schemas.job_queries import PriorityBody, ScheduleBody
from headrace_contracts.jobs.priority import Priority, parse_priority
from headrace_contracts.scopes import JOBS_WRITE


class DecisionRoutes:
    def __init__(self, core: Core) -> None:
        self._core = core

    async def schedule(self, call: Call[ScheduleBody, Any]) -> Job:
        given = call.body.model_fields_set
        view = await self._core.jobs.schedule(
            ids.read(ids.JOB, call.path("id")),
            call.who.account_id,
            run_at=call.body.run_at if "run_at" in given else msgspec.UNSET,
            publish_at=call.body.publish_at if "publish_at" in given else msgspec.UNSET,
        )
        return await describe(self._core, view)

    async def move(self, call: Call[PriorityBody, Any]) -> Job:
        priority = parse_priority(call.body.priority)
        view = await self._core.jobs.move(
            ids.read(ids.JOB, call.path("id")),
            call.who.account_id,
            Priority.NORMAL if priority is None else priority,
        )
        return await describe(self._core, view)

    async def approve(self, call: Call[Any, Any]) -> Job:
        view = await self._core.jobs.approve(ids.read(ids.JOB, call.path("id")), call.who.account_id)
        return await describe(self._core, view)


def routes(core: Core) -> list[Route]:
    decide = DecisionRoutes(core)
    return [
        Route(method="PATCH", path="/v1/jobs/{id}/schedule", handle=decide.schedule, tag=TAG, scope=JOBS_WRITE,
              summary="Set, move or take away the time of the run or of the publishing", body=ScheduleBody,
              answer=Job, refuses={**NOT_FOUND, 409: "It has begun, or ended, or is published nowhere"}),
        Route(method="POST", path="/v1/jobs/{id}/priority", handle=decide.move, tag=TAG, scope=JOBS_WRITE,
              summary="Let a job that waits go on waiting in another class", body=PriorityBody, answer=Job,
              refuses={**NOT_FOUND, 409: "It has begun, or ended"}),
        Route(method="POST", path="/v1/jobs/{id}/approve", handle=decide.approve, tag=TAG, scope=JOBS_WRITE,
              summary="Let a staged job be published", answer=Job,
              refuses={**NOT_FOUND, 409: "It does not wait for an approval"}),
    ]  # fmt: skip
