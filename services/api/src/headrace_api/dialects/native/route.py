"""A route as data: what it takes, what it answers, who may call it. The server and the document are made from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from aiohttp import web
from pydantic import BaseModel

from headrace_api.core.identity.principal import Principal
from headrace_api.dialects.native.schemas.base import Answer, Nothing

B = TypeVar("B", bound=BaseModel)
Q = TypeVar("Q", bound=BaseModel)


@dataclass(frozen=True, kw_only=True, slots=True)
class Call(Generic[B, Q]):
    """One request that was let in, and found good in its form."""

    request: web.Request
    who: Principal
    body: B
    query: Q

    def path(self, name: str) -> str:
        """A part of the path, as the client wrote it."""
        return self.request.match_info[name]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """An answer with more to it than its fields."""

    answer: Answer
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Fields that are JSON text already, by name.
    raw: Mapping[str, bytes] = field(default_factory=dict)


#: What a handler gives: fields, fields with headers, an answer that it has written itself, or nothing (204).
Outcome = Answer | Reply | web.StreamResponse | None
Handle = Callable[[Call[Any, Any]], Awaitable[Outcome]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """A body or an answer that is not one of the schemas."""

    mime: str
    schema: Mapping[str, Any]
    description: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    method: str
    path: str
    handle: Handle
    summary: str
    tag: str
    #: A name in ``headrace_contracts.scopes``; None: every key may.
    scope: str | None
    answer: type[Answer] | None = None
    #: Of a success.
    status: int = 200
    body: type[BaseModel] | None = None
    query: type[BaseModel] = Nothing
    #: Another form of the body, which the handler reads itself.
    also_body: Content | None = None
    #: The success where it is no JSON of ``answer``.
    content: Content | None = None
    #: Further successes: status and what they mean.
    also: Mapping[int, str] = field(default_factory=dict)
    #: Refusals that are this route's own, beside those that every route has: status and what it means.
    refuses: Mapping[int, str] = field(default_factory=dict)
    #: The field of the answer that has the id of what was made: paths below this one take it.
    made: str | None = None
    #: True: takes an Idempotency-Key.
    idempotent: bool = False
    #: True: the body may be as large as that of a batch.
    large: bool = False
    description: str = ""
