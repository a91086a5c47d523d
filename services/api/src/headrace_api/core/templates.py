"""Templates: options that an account keeps for jobs to come."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from headrace_api.core.errors import NotFoundError
from headrace_contracts.ids import new_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    id: UUID
    account_id: UUID
    name: str
    #: None: for any model.
    model: str | None
    #: What a job made from it has unless the request says otherwise.
    options: dict[str, Any]
    created_at: datetime


class TemplateRecord(Protocol):
    """The templates' rows. Raises UnavailableError while the record is away."""

    async def add(self, template: Template, options: str) -> None: ...

    async def get(self, template_id: UUID) -> Template | None: ...

    async def listed(self, account_id: UUID, *, limit: int, offset: int) -> list[Template]: ...

    async def update(self, template: Template, options: str) -> None: ...

    async def delete(self, template_id: UUID) -> None: ...


class Templates:
    def __init__(self, record: TemplateRecord) -> None:
        self._record = record

    async def create(
        self, account_id: UUID, *, name: str, options: dict[str, Any], model: str | None = None
    ) -> Template:
        """Keep a template; what ``options`` may hold is checked by who uses it."""
        template = Template(
            id=new_id(),
            account_id=account_id,
            name=name,
            model=model,
            options=options,
            created_at=datetime.now(UTC),
        )
        await self._record.add(template, msgspec.json.encode(options).decode())
        return template

    async def get(self, template_id: UUID | None, account_id: UUID) -> Template:
        """Raises NotFoundError."""
        template = None if template_id is None else await self._record.get(template_id)
        if template is None or template.account_id != account_id:
            raise NotFoundError("template")
        return template

    async def update(
        self,
        template_id: UUID | None,
        account_id: UUID,
        *,
        name: str,
        options: dict[str, Any],
        model: str | None = None,
    ) -> Template:
        """Change all of it; jobs that were made from it are not affected. Raises NotFoundError."""
        known = await self.get(template_id, account_id)
        changed = replace(known, name=name, options=options, model=model)
        await self._record.update(changed, msgspec.json.encode(options).decode())
        return changed

    async def listed(self, account_id: UUID, *, limit: int = 1000, offset: int = 0) -> list[Template]:
        """Youngest first."""
        return await self._record.listed(account_id, limit=limit, offset=offset)

    async def delete(self, template_id: UUID | None, account_id: UUID) -> None:
        """Jobs made from it are not affected. Raises NotFoundError."""
        await self._record.delete((await self.get(template_id, account_id)).id)
