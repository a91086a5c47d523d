"""One method for both clients: it blocks in ``Client`` and is awaited in ``AsyncClient``, with the right types."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from headrace.client.steps import Steps

if TYPE_CHECKING:
    from headrace.client.aio import AsyncClient
    from headrace.client.sync import Client

P = ParamSpec("P")
R = TypeVar("R")


class operation(Generic[P, R]):  # noqa: N801 -- used as a decorator
    """Decorates a method that is a generator of steps."""

    def __init__(self, source: Callable[Concatenate[Any, P], Steps[R]]) -> None:
        self.source = source
        functools.update_wrapper(self, source)  # type: ignore[arg-type] # we are no function, and want its name

    @overload
    def __get__(self, instance: Client, owner: type) -> Callable[P, R]: ...
    @overload
    def __get__(self, instance: AsyncClient, owner: type) -> Callable[P, Awaitable[R]]: ...
    @overload
    def __get__(self, instance: None, owner: type) -> operation[P, R]: ...

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self

        @functools.wraps(self.source)
        def bound(*args: P.args, **kwargs: P.kwargs) -> Any:
            return instance.take(self.source(instance, *args, **kwargs))

        return bound
