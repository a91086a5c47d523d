"""OpenTelemetry, switched on by its own standard ``OTEL_*`` variables and off without them.

It is on when ``OTEL_EXPORTER_OTLP_ENDPOINT`` (or the one for traces or metrics) names a collector that speaks
OTLP over HTTP, unless ``OTEL_SDK_DISABLED=true`` or the exporter is ``none``. Sampling, headers, time limits and
intervals are read from the environment by the SDK itself.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from headrace_runtime import metrics as metrics_module
from headrace_runtime import tracing as tracing_module
from headrace_runtime.metrics import Metrics, OtelMetrics
from headrace_runtime.tracing import OtelTracing, Tracing

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource

logger = logging.getLogger(__name__)

_SCOPE: Final = "headrace"
_STOP_TIMEOUT_S: Final = 5.0


def wanted(environ: Mapping[str, str], signal: str) -> bool:
    """Whether ``signal`` («traces», «metrics») is to be exported."""
    name = signal.upper()
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if environ.get(f"OTEL_{name}_EXPORTER", "otlp").strip().lower() != "otlp":
        return False
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", f"OTEL_EXPORTER_OTLP_{name}_ENDPOINT")
    return any(environ.get(endpoint, "").strip() for endpoint in endpoints)


@dataclass(kw_only=True)
class Telemetry:
    """A process's tracing and metrics; stop it last, so that what the end of the process says gets out."""

    tracing: Tracing = tracing_module.DISABLED
    metrics: Metrics = metrics_module.DISABLED
    _stops: list[Callable[[], None]] = field(default_factory=list)

    async def stop(self) -> None:
        """Send what is still buffered; a collector that does not answer holds the process up 5 s at most."""
        stops, self._stops = self._stops, []
        for stop in stops:
            try:
                async with asyncio.timeout(_STOP_TIMEOUT_S):
                    await asyncio.to_thread(stop)
            except Exception:
                logger.warning(
                    "telemetry was not sent", exc_info=True, extra={"action": "telemetry.stop.error"}
                )


def _resource(environ: Mapping[str, str], service: str, instance_id: str, version: str) -> Resource:
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - only loaded when telemetry is on

    attributes = {"service.instance.id": instance_id, "service.version": version}
    if not environ.get("OTEL_SERVICE_NAME"):
        attributes["service.name"] = service
    return Resource.create(attributes)


def start(
    service: str, *, instance_id: str, version: str, environ: Mapping[str, str] | None = None
) -> Telemetry:
    """Start exporting if the environment asks for it. ``service`` is e.g. ``headrace-dispatcher``.

    ``environ`` decides what is on; the exporters themselves read the process's own environment.
    """
    env = os.environ if environ is None else environ
    telemetry = Telemetry()
    if wanted(env, "traces"):
        _start_traces(telemetry, _resource(env, service, instance_id, version))
    if wanted(env, "metrics"):
        _start_metrics(telemetry, _resource(env, service, instance_id, version))
    return telemetry


def _start_traces(telemetry: Telemetry, resource: Resource) -> None:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - as above

    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    telemetry.tracing = OtelTracing(provider.get_tracer(_SCOPE))
    telemetry._stops.append(provider.shutdown)  # noqa: SLF001 - this function builds the object
    logger.info("traces are exported", extra={"action": "telemetry.start"})


def _start_metrics(telemetry: Telemetry, resource: Resource) -> None:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415 - as above
        OTLPMetricExporter,
    )
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415 - as above
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415 - as above

    reader = PeriodicExportingMetricReader(OTLPMetricExporter())
    provider = MeterProvider(metric_readers=[reader], resource=resource, shutdown_on_exit=False)
    telemetry.metrics = OtelMetrics(provider.get_meter(_SCOPE))
    telemetry._stops.append(provider.shutdown)  # noqa: SLF001 - this function builds the object
    logger.info("metrics are exported", extra={"action": "telemetry.start"})
