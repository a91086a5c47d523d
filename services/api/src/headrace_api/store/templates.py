"""Rows of ``templates``."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from headrace_api.core.templates import Template
from headrace_api.store.record import translated
from headrace_store.jobs.rows import uid
from headrace_store.postgres import Pool
from headrace_store.queries import load

_SQL = load("headrace_api.store", "templates.sql")


class RecordTemplates:
    """``core.templates.TemplateRecord``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, template: Template, options: str) -> None:
        with translated():
            await self._pool.execute(
                _SQL["add"],
                template.id, template.account_id, template.name, template.model, options, template.created_at,
                _text(template.retry), template.queue_timeout_s,
            )  # fmt: skip

    async def get(self, template_id: UUID) -> Template | None:
        with translated():
            row = await self._pool.fetchrow(_SQL["get"], template_id)
        return None if row is None else _template(row)

    async def listed(self, account_id: UUID, *, limit: int, offset: int) -> list[Template]:
        with translated():
            rows = await self._pool.fetch(_SQL["list"], account_id, limit, offset)
        return [_template(row) for row in rows]

    async def update(self, template: Template, options: str) -> None:
        with translated():
            await self._pool.execute(
                _SQL["update"], template.id, template.name, template.model, options, _text(template.retry),
                template.queue_timeout_s,
            )  # fmt: skip

    async def delete(self, template_id: UUID) -> None:
        with translated():
            await self._pool.execute(_SQL["delete"], template_id)


def _text(retry: dict[str, Any] | None) -> str | None:
    return None if retry is None else msgspec.json.encode(retry).decode()


def _template(row: asyncpg.Record) -> Template:
    return Template(
        id=uid(row["id"]),
        account_id=uid(row["account_id"]),
        name=row["name"],
        model=row["model"],
        options=msgspec.json.decode(row["options"]),
        created_at=row["created_at"],
        retry=None if row["retry"] is None else msgspec.json.decode(row["retry"]),
        queue_timeout_s=row["queue_timeout_s"],
    )
