"""``/v1/templates``: options kept for the next jobs."""

from __future__ import annotations

from uuid import UUID

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.core.errors import NotFoundError, Problem, ValidationError
from headrace_api.core.identity.principal import Principal
from headrace_api.core.templates import Template
from headrace_api.dialects.auraflux.decode import json_body, path_id
from headrace_api.dialects.auraflux.encode import template_object
from headrace_api.dialects.auraflux.options import check_options, read_options
from headrace_api.dialects.auraflux.schemas import TemplateRequest
from headrace_api.dialects.auraflux.settings import AurafluxSettings
from headrace_api.http.responses import json_response
from headrace_contracts.catalogue.video_production import MODEL


async def video_template(core: Core, template_id: UUID | None, account_id: UUID) -> Template:
    """The account's template, which is for videos. Raises NotFoundError."""
    template = await core.templates.get(template_id, account_id)
    if template.model != MODEL.id:
        raise NotFoundError("template")
    return template


class TemplateRoutes:
    """Templates of video productions; the account's others are none of this API's."""

    def __init__(self, core: Core, settings: AurafluxSettings) -> None:
        self._core = core
        self._settings = settings

    async def listed(self, _request: web.Request, principal: Principal) -> web.StreamResponse:
        """``GET /v1/templates``: the youngest first."""
        found = await self._core.templates.listed(principal.account_id)
        ours = [template_object(each) for each in found if each.model == MODEL.id]
        return json_response({"templates": ours, "total": len(ours)})

    async def create(self, request: web.Request, principal: Principal) -> web.StreamResponse:
        """``POST /v1/templates``."""
        wish = await json_body(request, self._settings.patience, TemplateRequest)
        name = wish.name.strip()
        if not name or not name.isprintable():
            raise ValidationError(
                [Problem("name", "must have at least one character, all of them printable")]
            )
        options = read_options(wish.options)
        check_options(options)
        template = await self._core.templates.create(
            principal.account_id, name=name, options=options, model=MODEL.id
        )
        return json_response(template_object(template), status=201)

    async def delete(self, request: web.Request, principal: Principal) -> web.StreamResponse:
        """``DELETE /v1/templates/:id``: jobs that were made from it are not affected."""
        template = await video_template(self._core, path_id(request), principal.account_id)
        await self._core.templates.delete(template.id, principal.account_id)
        return json_response({"id": str(template.id), "deleted": True})
