"""Rows as keyword arguments of the classes that they become."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg


def fields(row: asyncpg.Record) -> dict[str, Any]:
    """asyncpg has a UUID class of its own, which our encoders don't take: ours instead."""
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return UUID(int=value.int)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
