"""A route as the table has it: who may call it, and what of an account it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Row:
    method: str
    #: As the router has it, below the mount.
    path: str
    #: The kinds of credentials that open it; empty: it is open to all, ``why`` says why.
    opens: tuple[str, ...] = ()
    why: str = ""
    #: What is made first, a name in ``things.MAKERS``; its fields fill the texts below.
    thing: str = ""
    #: The address asked for, where it is more than ``path`` filled: with a query.
    ask: str = ""
    json: Any = None
    #: A file in a form, where the route takes one.
    form: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    #: What a stranger gets; None: the route names nothing of an account.
    stranger: int | None = 404
    #: True: the answer is a list, which must have the thing for its owner and not for a stranger.
    lists: bool = False
    #: What became of secrets that open it all the same.
    outlives: frozenset[str] = frozenset()
    #: The answer has no end.
    stream: bool = False

    @property
    def address(self) -> str:
        return self.ask or self.path
