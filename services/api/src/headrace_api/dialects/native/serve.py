"""From a route's data to what aiohttp calls: who asks, how often, in which form; then the handler; then JSON."""

from __future__ import annotations

from typing import Any, TypeVar, get_args, get_origin

import msgspec
from aiohttp import web
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from headrace_api.core.core import Core
from headrace_api.core.errors import BadRequestError, Problem
from headrace_api.core.errors import ValidationError as CoreValidationError
from headrace_api.dialects.native import limits
from headrace_api.dialects.native.errors import UnsupportedBodyError, problems_of
from headrace_api.dialects.native.route import Call, Outcome, Reply, Route
from headrace_api.dialects.native.schemas.base import Answer, Nothing
from headrace_api.dialects.native.settings import NativeSettings
from headrace_api.http.auth import bearer
from headrace_api.http.body import BodyReader
from headrace_api.http.middleware import Handler
from headrace_api.http.proving import proving
from headrace_api.http.responses import json_response

M = TypeVar("M", bound=BaseModel)

_JSON = "application/json"
NOTHING = Nothing()


def endpoint(route: Route, core: Core, settings: NativeSettings) -> Handler:
    """The handler of ``route`` for aiohttp."""

    async def handler(request: web.Request) -> web.StreamResponse:
        key = bearer(request)
        async with proving(request, core.guesses, key):
            who = await core.identity.api_key(key, "native")
        await limits.take(request, core.limits, who, settings)
        if route.scope is not None:
            who.require(route.scope)
        query = read_query(request, route.query)
        body = await _read_body(request, route, settings)
        outcome = await route.handle(Call(request=request, who=who, body=body, query=query))
        return respond(outcome, route.status)

    return handler


def respond(outcome: Outcome, status: int) -> web.StreamResponse:
    """The answer that a handler's outcome means."""
    if outcome is None:
        return web.Response(status=204)
    if isinstance(outcome, web.StreamResponse):
        return outcome
    if isinstance(outcome, Answer):
        outcome = Reply(answer=outcome)
    fields: dict[str, Any] = outcome.answer.model_dump(mode="json")
    for name, text in outcome.raw.items():
        fields[name] = msgspec.Raw(text)
    return json_response(fields, status=outcome.status or status, headers=outcome.headers)


def read_query(request: web.Request, model: type[M]) -> M:
    """The query as ``model``. Raises the core's ValidationError."""
    given: dict[str, Any] = {}
    for name in request.query:
        given[name] = _query_value(request, name, model)
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise problems_of(error) from error


def _query_value(request: web.Request, name: str, model: type[BaseModel]) -> Any:
    values = request.query.getall(name)
    fields = {field.alias or key: field for key, field in model.model_fields.items()}
    if name in fields and _many(fields[name].annotation):
        return values
    if len(values) > 1:
        raise CoreValidationError([Problem(name, "stands more than once")])
    return values[0]


def _many(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(get_origin(each) is list for each in get_args(annotation))


async def _read_body(request: web.Request, route: Route, settings: NativeSettings) -> Any:
    if route.body is None:
        return NOTHING
    kind = request.headers.get("Content-Type", "").split(";", 1)[0].strip().lower()
    if route.also_body is not None and kind == route.also_body.mime:
        return NOTHING  # the handler reads it
    if kind != _JSON:
        wanted = _JSON if route.also_body is None else f"{_JSON} or {route.also_body.mime}"
        raise UnsupportedBodyError(wanted)
    reader = BodyReader(request, settings.patience)
    data = await reader.read(settings.max_batch_bytes if route.large else settings.max_body_bytes)
    return parse_body(data, route.body)


def parse_body(data: bytes, model: type[M]) -> M:
    """``data`` as ``model``. Raises BadRequestError for what is no JSON, else the core's ValidationError."""
    try:
        from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise BadRequestError(f"The request body is not valid JSON: {error}") from None
    except RecursionError:
        raise BadRequestError("The request body is nested too deeply") from None
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise problems_of(error, place="body") from error
