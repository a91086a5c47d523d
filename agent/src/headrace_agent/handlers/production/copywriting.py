"""Puts the words together: given ones first, the model's where they hold, else composed ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from headrace_agent.handlers.production import suggestion, wording
from headrace_agent.handlers.production.wording import Copy, Facts

GIVEN: Final = "given"
MODEL: Final = "language model"
COMPOSED: Final = "composed"


class Copywriter:
    """Writes each word once: the title may be wanted before the rest, for the title card."""

    def __init__(self, facts: Facts, seed: int, cancelled: Callable[[], bool]) -> None:
        self._facts = facts
        self._seed = seed
        self._cancelled = cancelled
        self._title: str | None = None
        #: Where each came from: ``given``, ``language model`` or ``composed``.
        self.origins: dict[str, str] = {}

    def title(self) -> str:
        if self._title is None:
            found, origin = wording.title(self._facts), COMPOSED
            if self._facts.title is not None and self._facts.title.strip():
                origin = GIVEN
            else:
                suggested, _ = suggestion.suggest(
                    self._facts, self._seed, self._cancelled, title=True, opening=False
                )
                found, origin = (suggested, MODEL) if suggested else (found, origin)
            self._title, self.origins["title"] = found, origin
        return self._title

    def all(self, duration_s: float) -> Copy:
        """``duration_s`` is that of the finished video."""
        facts = replace(self._facts, duration_s=duration_s)
        heading = self.title()
        tags = wording.tags(facts, heading)
        self.origins["tags"] = GIVEN if facts.tags is not None else COMPOSED
        opening, origin = None, COMPOSED
        if facts.description is not None and facts.description.strip():
            origin = GIVEN
        else:
            known = replace(facts, title=heading)
            _, opening = suggestion.suggest(known, self._seed, self._cancelled, title=False, opening=True)
            origin = f"{COMPOSED} + {MODEL}" if opening else COMPOSED
        self.origins["description"] = origin
        return Copy(title=heading, description=wording.description(facts, heading, tags, opening), tags=tags)
