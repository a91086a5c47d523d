"""Conversations with an API, written down: what is asked, and what must be answered to the letter.

An expected body is plain data. Text may hold ``{name}``, filled with what an earlier answer gave; a matcher
stands for a value that can't be known, and may save it under a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp


@dataclass(frozen=True)
class Match:
    """A value of a known form."""

    what: str
    test: Callable[[Any], bool]
    save: str = ""

    def saved_as(self, name: str) -> Match:
        return Match(self.what, self.test, name)


def _text(pattern: str) -> Callable[[Any], bool]:
    compiled = re.compile(pattern, re.DOTALL)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


UUID = Match("a UUID", _text(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"))
ISO = Match("a UTC time in milliseconds", _text(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"))
MS = Match("whole milliseconds", lambda value: type(value) is int and value >= 0)
TOKEN = Match("a claim token", _text(r"[A-Za-z0-9_-]{40,}"))
ANY = Match("anything", lambda _value: True)


def like(pattern: str) -> Match:
    """Text that matches ``pattern`` as a whole."""
    return Match(f"text like {pattern}", _text(pattern))


@dataclass(frozen=True)
class File:
    """A file in a form."""

    content: bytes
    name: str | None = "file.bin"
    mime: str | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    """One request and its answer."""

    ask: str
    status: int
    answer: Any = None
    #: Fields of a multipart form, in this order.
    form: list[tuple[str, str | File]] | None = None
    json: Any = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Headers that the answer must have.
    answer_headers: Mapping[str, Any] = field(default_factory=dict)
    #: The answer is these bytes, not JSON.
    answer_bytes: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """A conversation, named after the place in the seed that it is taken from."""

    name: str
    steps: list[Step]


def fill(value: Any, known: Mapping[str, str]) -> Any:
    """``value`` with each ``{name}`` in its texts replaced."""
    if isinstance(value, str):
        for name, text in known.items():
            value = value.replace(f"{{{name}}}", text)
        return value
    if isinstance(value, dict):
        return {key: fill(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, known) for item in value]
    return value


def differences(expected: Any, found: Any, known: dict[str, str], where: str = "$") -> list[str]:
    """Where ``found`` is not what was expected; matchers save what they see into ``known``."""
    if isinstance(expected, Match):
        if not expected.test(found):
            return [f"{where}: {found!r} is not {expected.what}"]
        if expected.save:
            known[expected.save] = str(found)
        return []
    if isinstance(expected, dict) and isinstance(found, dict):
        wrong = [f"{where}.{key} is missing" for key in expected.keys() - found.keys()]
        wrong += [f"{where}.{key} is too much: {found[key]!r}" for key in found.keys() - expected.keys()]
        for key in expected.keys() & found.keys():
            wrong += differences(expected[key], found[key], known, f"{where}.{key}")
        return wrong
    if isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            return [f"{where}: {len(found)} items, not {len(expected)}: {found!r}"]
        return [
            each
            for index, item in enumerate(expected)
            for each in differences(item, found[index], known, f"{where}[{index}]")
        ]
    expected = fill(expected, known)
    same = expected == found and type(expected) is type(found)
    return [] if same else [f"{where}: {found!r} instead of {expected!r}"]


def _form(step: Step, known: Mapping[str, str]) -> aiohttp.MultipartWriter | None:
    if step.form is None:
        return None
    writer = aiohttp.MultipartWriter("form-data")
    for name, value in step.form:
        if isinstance(value, File):
            part = writer.append(value.content, {"Content-Type": value.mime} if value.mime else {})
            if value.mime is None:
                part.headers.pop("Content-Type", None)
            part.headers["Content-Disposition"] = f'form-data; name="{name}"' + (
                f'; filename="{value.name}"' if value.name is not None else ""
            )
        else:
            part = writer.append(fill(value, known))
            part.headers.pop("Content-Type", None)
            part.headers["Content-Disposition"] = f'form-data; name="{name}"'
    return writer


async def play(
    transcript: Transcript,
    origin: str,
    session: aiohttp.ClientSession,
    given: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Hold the conversation; fails with every difference of the first answer that is not as written.

    ``given``: what texts may name from the beginning, such as credentials.
    """
    known: dict[str, str] = dict(given or {})
    for number, step in enumerate(transcript.steps, 1):
        method, _, path = fill(step.ask, known).partition(" ")
        data = _form(step, known) if step.form is not None else step.body
        async with session.request(
            method,
            origin + path,
            data=data,
            json=fill(step.json, known) if step.json is not None else None,
            headers=fill(dict(step.headers), known),
        ) as answer:
            content = await answer.read()
            place = f"{transcript.name}, step {number} ({method} {path})"
            assert answer.status == step.status, f"{place}: {answer.status} {content[:600]!r}"
            for header, value in step.answer_headers.items():
                wrong = differences(value, answer.headers.get(header), known, header)
                assert not wrong, f"{place}: {wrong}"
            if step.answer_bytes is not None:
                assert content == step.answer_bytes, place
            elif step.answer is None:
                assert content == b"", f"{place}: {content[:600]!r}"
            else:
                assert answer.content_type == "application/json", place
                wrong = differences(step.answer, await answer.json(), known)
                assert not wrong, f"{place}:\n" + "\n".join(wrong)
    return known
