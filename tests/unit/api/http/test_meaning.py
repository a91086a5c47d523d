"""Every error of the core finds an answer in every dialect, in its own envelope."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web

from headrace_api.core import errors as core
from headrace_api.dialects.auraflux.errors import render as auraflux
from headrace_api.dialects.auralis.errors import render as auralis
from headrace_api.dialects.jobserver.errors import render as jobserver
from headrace_api.dialects.native.errors import render as native
from headrace_api.dialects.radiance.errors import render as radiance

#: What each kind is made from; the others need nothing or a sentence.
MADE: Mapping[type[core.CoreError], Callable[[], core.CoreError]] = {
    core.UnknownModelError: lambda: core.UnknownModelError("noop"),
    core.FileRequiredError: lambda: core.FileRequiredError("noop"),
    core.PayloadError: lambda: core.PayloadError(["Unknown field: x"]),
    core.TooLargeError: lambda: core.TooLargeError(5),
    core.UnsupportedTypeError: lambda: core.UnsupportedTypeError("noop", "text/plain", ["image/png"]),
    core.RangeError: lambda: core.RangeError(5),
    core.OverloadedError: lambda: core.OverloadedError(3),
    core.UnavailableError: lambda: core.UnavailableError("The record", retry_after_s=3),
    core.NotFoundError: lambda: core.NotFoundError("template"),
    core.ValidationError: lambda: core.ValidationError([core.Problem("model", "is required")]),
    core.RateLimitedError: lambda: core.RateLimitedError(3),
    core.AlreadySettledError: lambda: core.AlreadySettledError("discarded", None),
    core.IdempotencyConflictError: core.IdempotencyConflictError,
    core.InsufficientCreditsError: lambda: core.InsufficientCreditsError(5, 2),
    core.QuotaError: lambda: core.QuotaError(limit=5, waiting=4, wanted=2),
    core.NotConfiguredError: lambda: core.NotConfiguredError("HEADRACE_SECRET_KEY"),
}


class NewError(core.CoreError):
    """One that nobody has thought of yet."""


class BusyError(core.OverloadedError):
    """A kind of one that everybody knows."""


def kinds(base: type[core.CoreError] = core.CoreError) -> Iterator[type[core.CoreError]]:
    yield base
    for kind in base.__subclasses__():
        yield from kinds(kind)


#: For errors that are made from something else, by the annotation of each parameter.
SAMPLES: Mapping[str, object] = {"str": "a sentence", "int": 3, "float": 3.0, "UUID": UUID(int=1)}


def make(kind: type[core.CoreError]) -> core.CoreError:
    known = MADE.get(kind)
    if known is not None:
        return known()
    if kind.__init__ is core.CoreError.__init__:
        return kind("a sentence")
    wanted = [each for each in inspect.signature(kind).parameters.values() if each.default is each.empty]
    by_place = [
        SAMPLES[each.annotation.removesuffix(" | None")]
        for each in wanted
        if each.kind is not each.KEYWORD_ONLY
    ]
    by_name = {
        each.name: SAMPLES[each.annotation.removesuffix(" | None")]
        for each in wanted
        if each.kind is each.KEYWORD_ONLY
    }
    return kind(*by_place, **by_name)


def _in_error(body: Any) -> tuple[str, str]:
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "details"}
    return body["error"]["code"], body["error"]["message"]


def _radiance(body: Any) -> tuple[str, str]:
    assert body["success"] is False
    return body["error"]["code"], body["error"]["message"]


def _auralis(body: Any) -> tuple[str, str]:
    assert body["status"] == "error"
    return body["detail"]["code"], body["message"]


def _jobserver(body: Any) -> tuple[str, str]:
    assert body["error"] != "Error"
    return body["code"], body["message"]


DIALECTS: Mapping[str, tuple[Callable[[core.CoreError], web.Response], Callable[[Any], tuple[str, str]]]] = {
    "native": (native, _in_error),
    "radiance": (radiance, _radiance),
    "auralis": (auralis, _auralis),
    "auraflux": (auraflux, _in_error),
    "jobserver": (jobserver, _jobserver),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("kind", list(dict.fromkeys(kinds())), ids=lambda kind: kind.__name__)
def test_every_error_is_answered_in_the_envelope(kind: type[core.CoreError], dialect: str) -> None:
    render, read = DIALECTS[dialect]
    error = make(kind)
    answer = render(error)
    assert isinstance(answer.body, bytes)
    code, message = read(json.loads(answer.body))
    assert code
    assert message
    assert kind.__name__ not in message
    assert 400 <= answer.status < 500 or answer.status == 503
    if isinstance(error, core.OverloadedError | core.UnavailableError | core.RateLimitedError):
        assert answer.status == (429 if isinstance(error, core.RateLimitedError) else 503)
        assert answer.headers["Retry-After"] == str(error.retry_after_s)
