"""Counters, histograms and gauges that cost nothing when nobody collects them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter

Labels = Mapping[str, str | bool | int | float]


class Counter(Protocol):
    """Only goes up."""

    def add(self, amount: float, attributes: Labels | None = None) -> None: ...


class Histogram(Protocol):
    """A distribution, e.g. of seconds."""

    def record(self, amount: float, attributes: Labels | None = None) -> None: ...


class Gauge(Protocol):
    """The newest value counts."""

    def set(self, amount: float, attributes: Labels | None = None) -> None: ...


class Metrics(Protocol):
    """Makes instruments; make each once, at start. Units are UCUM: ``s``, ``By``, ``{job}``."""

    @property
    def enabled(self) -> bool: ...

    def counter(self, name: str, *, unit: str = "1", description: str = "") -> Counter: ...

    def histogram(self, name: str, *, unit: str = "s", description: str = "") -> Histogram: ...

    def gauge(self, name: str, *, unit: str = "1", description: str = "") -> Gauge: ...


class _Nothing:
    """Counter, histogram and gauge that forget."""

    __slots__ = ()

    def add(self, amount: float, attributes: Labels | None = None) -> None:
        pass

    def record(self, amount: float, attributes: Labels | None = None) -> None:
        pass

    def set(self, amount: float, attributes: Labels | None = None) -> None:
        pass


_NOTHING: Final = _Nothing()


class NoMetrics:
    """Metrics that are off."""

    enabled: Final = False

    def counter(self, name: str, *, unit: str = "1", description: str = "") -> Counter:  # noqa: ARG002 - the port
        return _NOTHING

    def histogram(self, name: str, *, unit: str = "s", description: str = "") -> Histogram:  # noqa: ARG002 - same
        return _NOTHING

    def gauge(self, name: str, *, unit: str = "1", description: str = "") -> Gauge:  # noqa: ARG002 - same
        return _NOTHING


DISABLED: Final[Metrics] = NoMetrics()


class OtelMetrics:
    """Metrics through OpenTelemetry; ``telemetry.start`` makes it."""

    enabled: Final = True

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def counter(self, name: str, *, unit: str = "1", description: str = "") -> Counter:
        return self._meter.create_counter(name, unit=unit, description=description)

    def histogram(self, name: str, *, unit: str = "s", description: str = "") -> Histogram:
        return self._meter.create_histogram(name, unit=unit, description=description)

    def gauge(self, name: str, *, unit: str = "1", description: str = "") -> Gauge:
        return self._meter.create_gauge(name, unit=unit, description=description)
