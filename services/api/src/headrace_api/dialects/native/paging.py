"""Keyset paging: a cursor is the id of the last thing on the page before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from headrace_api.core.errors import Problem, ValidationError
from headrace_api.dialects.native import ids

T = TypeVar("T")


def after(kind: str, cursor: str | None) -> UUID | None:
    """The id after which the page begins. Raises ValidationError for what is no cursor of such a list."""
    if cursor is None:
        return None
    found = ids.read(kind, cursor)
    if found is None:
        raise ValidationError([Problem("cursor", "is none: take it from 'next_cursor' of the answer before")])
    return found


def cut(found: Sequence[T], limit: int) -> tuple[list[T], bool]:
    """A page of ``limit`` out of one more than that, and whether more follow."""
    return list(found[:limit]), len(found) > limit
