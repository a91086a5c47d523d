"""Which models this agent runs, and what the others miss."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, cast

from headrace_agent.executors import inline
from headrace_agent.handlers.api import Handler


class UnknownModelError(ValueError):
    """The settings name a model that this agent can't run; the message says why."""


class Registry(Protocol):
    """The module that offers handlers; ``HEADRACE_AGENT_HANDLERS`` names another one."""

    def installed(self) -> Mapping[str, Handler]: ...

    def missing(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Models:
    """What is announced. A model's pool has its name."""

    handled: frozenset[str]
    inline: frozenset[str] = frozenset()
    #: Models of the catalogue that are not installed, each with what it needs.
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def all(self) -> list[str]:
        return sorted(self.handled | self.inline)


def load_registry(module: str) -> Registry:
    """Raises ImportError when there is no such module."""
    return cast("Registry", importlib.import_module(module))


def carried(
    installed: Mapping[str, Handler], missing: Mapping[str, str], *, extra_files: bool
) -> tuple[list[str], dict[str, str]]:
    """The installed models whose results the transport can bring home, and why the others are not served.

    ``extra_files``: whether it carries more than one result file a job.
    """
    left = [name for name, handler in installed.items() if handler.extra_files and not extra_files]
    why = "gives several result files, and the REST transport carries one: use --transport jetstream"
    return [name for name in installed if name not in left], {**missing, **dict.fromkeys(left, why)}


def choose_models(
    installed: Iterable[str],
    missing: Mapping[str, str],
    *,
    wanted: Collection[str],
    noop: bool,
) -> Models:
    """The installed models, narrowed to ``wanted`` when that names any.

    Raises UnknownModelError for a wanted one that can't be run here.
    """
    handled = frozenset(installed) - inline.MODELS
    inlined = inline.MODELS if noop else frozenset()
    for name in wanted:
        if name in handled | inlined:
            continue
        if name in inline.MODELS:
            reason = "set HEADRACE_ENABLE_NOOP=true"
        else:
            reason = missing.get(name, "it is not in the catalogue")
        raise UnknownModelError(f"HEADRACE_AGENT_MODELS names {name!r}, which can't be run here: {reason}")
    if wanted:
        handled, inlined = handled & frozenset(wanted), inlined & frozenset(wanted)
    return Models(handled=handled, inline=inlined, missing=dict(missing))
