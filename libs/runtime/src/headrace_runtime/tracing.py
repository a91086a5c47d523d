"""Spans that cost nothing when nobody collects them.

The disabled tracing has one shared span that does nothing and imports nothing of OpenTelemetry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol

from headrace_runtime.logs import trace_ids

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span as OtelSpan
    from opentelemetry.trace import Tracer

Value = str | bool | int | float
Attributes = Mapping[str, Value]

TRACEPARENT: Final = "traceparent"


class Span(Protocol):
    """What the code inside a span may do with it."""

    def set(self, name: str, value: Value) -> None:
        """Set one attribute."""

    def fail(self, reason: str) -> None:
        """Mark the span as failed, for a failure that is no exception."""


class Tracing(Protocol):
    """Makes spans, and carries them over to other processes as W3C ``traceparent`` strings."""

    @property
    def enabled(self) -> bool: ...

    def span(
        self,
        name: str,
        attributes: Attributes | None = None,
        parent: Context | None = None,
        *,
        server: bool = False,
    ) -> AbstractContextManager[Span]:
        """A span around a block. Without ``parent`` it is a child of the current one. Exceptions mark it.

        ``server``: it answers a request from outside (span kind SERVER).
        """

    def inject(self) -> str | None:
        """The ``traceparent`` of the current span; None outside of any."""

    def extract(self, traceparent: str | None) -> Context | None:
        """The parent for ``span`` from another process's ``traceparent``; None if it is absent or malformed."""


class _NoSpan(AbstractContextManager["_NoSpan"]):
    __slots__ = ()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def set(self, name: str, value: Value) -> None:
        pass

    def fail(self, reason: str) -> None:
        pass


_NO_SPAN: Final = _NoSpan()


class NoTracing:
    """Tracing that is off."""

    enabled: Final = False

    def span(
        self,
        name: str,  # noqa: ARG002 - the port's signature
        attributes: Attributes | None = None,  # noqa: ARG002 - the port's signature
        parent: Context | None = None,  # noqa: ARG002 - the port's signature
        *,
        server: bool = False,  # noqa: ARG002 - the port's signature
    ) -> AbstractContextManager[Span]:
        return _NO_SPAN

    def inject(self) -> str | None:
        return None

    def extract(self, traceparent: str | None) -> Context | None:  # noqa: ARG002 - the port's signature
        return None


DISABLED: Final[Tracing] = NoTracing()


class _Recorded:
    __slots__ = ("_span",)

    def __init__(self, span: OtelSpan) -> None:
        self._span = span

    def set(self, name: str, value: Value) -> None:
        self._span.set_attribute(name, value)

    def fail(self, reason: str) -> None:
        from opentelemetry.trace import StatusCode  # noqa: PLC0415 - the SDK is only loaded when tracing is on

        self._span.set_status(StatusCode.ERROR, reason)


class OtelTracing:
    """Tracing through OpenTelemetry; ``telemetry.start`` makes it."""

    enabled: Final = True

    def __init__(self, tracer: Tracer) -> None:
        from opentelemetry.trace import SpanKind  # noqa: PLC0415 - as above
        from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415 - as above
            TraceContextTextMapPropagator,
        )

        self._tracer = tracer
        self._kinds = SpanKind
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def span(
        self,
        name: str,
        attributes: Attributes | None = None,
        parent: Context | None = None,
        *,
        server: bool = False,
    ) -> Iterator[Span]:
        kind = self._kinds.SERVER if server else self._kinds.INTERNAL
        with self._tracer.start_as_current_span(
            name, context=parent, attributes=attributes, kind=kind
        ) as span:
            context = span.get_span_context()
            mark = trace_ids.set((format(context.trace_id, "032x"), format(context.span_id, "016x")))
            try:
                yield _Recorded(span)
            finally:
                trace_ids.reset(mark)

    def inject(self) -> str | None:
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier)
        return carrier.get(TRACEPARENT)

    def extract(self, traceparent: str | None) -> Context | None:
        if not traceparent:
            return None
        from opentelemetry import trace  # noqa: PLC0415 - as above

        context = self._propagator.extract({TRACEPARENT: traceparent})
        return context if trace.get_current_span(context).get_span_context().is_valid else None
