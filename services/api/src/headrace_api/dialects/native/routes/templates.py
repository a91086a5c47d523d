"""Templates: options that an account keeps for jobs to come."""

from __future__ import annotations

from typing import Any

from headrace_api.core.core import Core
from headrace_api.core.errors import Problem, UnknownModelError, ValidationError
from headrace_api.core.templates import Template as Kept
from headrace_api.dialects.native import ids
from headrace_api.dialects.native.retry import given_fields
from headrace_api.dialects.native.route import Call, Reply, Route
from headrace_api.dialects.native.schemas.things import Template, TemplateBody, TemplateList
from headrace_contracts.scopes import JOBS_READ, JOBS_WRITE

TAG = "Templates"


class TemplateRoutes:
    def __init__(self, core: Core) -> None:
        self._core = core

    async def create(self, call: Call[TemplateBody, Any]) -> Reply:
        self._check(call.body)
        kept = await self._core.templates.create(
            call.who.account_id,
            name=call.body.name,
            options=call.body.options,
            model=call.body.model,
            retry=given_fields(call.body.retry),
            queue_timeout_s=call.body.queue_timeout_s,
        )
        shown = _shown(kept)
        return Reply(answer=shown, headers={"Location": f"/v1/templates/{shown.template_id}"})

    async def update(self, call: Call[TemplateBody, Any]) -> Template:
        self._check(call.body)
        kept = await self._core.templates.update(
            ids.read(ids.TEMPLATE, call.path("id")),
            call.who.account_id,
            name=call.body.name,
            options=call.body.options,
            model=call.body.model,
            retry=given_fields(call.body.retry),
            queue_timeout_s=call.body.queue_timeout_s,
        )
        return _shown(kept)

    async def listed(self, call: Call[Any, Any]) -> TemplateList:
        kept = await self._core.templates.listed(call.who.account_id)
        return TemplateList(templates=[_shown(each) for each in kept])

    async def get(self, call: Call[Any, Any]) -> Template:
        template_id = ids.read(ids.TEMPLATE, call.path("id"))
        return _shown(await self._core.templates.get(template_id, call.who.account_id))

    async def delete(self, call: Call[Any, Any]) -> None:
        await self._core.templates.delete(ids.read(ids.TEMPLATE, call.path("id")), call.who.account_id)

    def _check(self, body: TemplateBody) -> None:
        """The options are judged with the job that uses them; the model must be one."""
        if body.model is None:
            return
        try:
            self._core.catalogue.find(body.model)
        except UnknownModelError as error:
            raise ValidationError([Problem("model", str(error))]) from None


def _shown(kept: Kept) -> Template:
    return Template.model_construct(
        template_id=ids.shown(ids.TEMPLATE, kept.id),
        name=kept.name,
        model=kept.model,
        options=kept.options,
        retry=kept.retry,
        queue_timeout_s=kept.queue_timeout_s,
        created_at=kept.created_at,
    )


def routes(core: Core) -> list[Route]:
    templates = TemplateRoutes(core)
    missing = {404: "Template not found"}
    return [
        Route(method="POST", path="/v1/templates", handle=templates.create, made="template_id", tag=TAG,
              summary="Keep a template", scope=JOBS_WRITE, body=TemplateBody, answer=Template, status=201),
        Route(method="GET", path="/v1/templates", handle=templates.listed, tag=TAG, scope=JOBS_READ,
              summary="List templates, youngest first", answer=TemplateList),
        Route(method="GET", path="/v1/templates/{id}", handle=templates.get, summary="See a template", tag=TAG,
              scope=JOBS_READ, answer=Template, refuses=missing),
        Route(method="PUT", path="/v1/templates/{id}", handle=templates.update, summary="Change a template",
              tag=TAG, scope=JOBS_WRITE, body=TemplateBody, answer=Template, refuses=missing),
        Route(method="DELETE", path="/v1/templates/{id}", handle=templates.delete, summary="Delete a template",
              tag=TAG, scope=JOBS_WRITE, status=204, refuses=missing),
    ]  # fmt: skip
