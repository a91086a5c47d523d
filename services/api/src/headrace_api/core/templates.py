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
    #: Fields of a retry policy, as the native API has them; None = the model's policy.
    retry: dict[str, Any] | None = None
    #: How long a job may wait for its first start.
    queue_timeout_s: float | None = None


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
        self,
        account_id: UUID,
        *,
        name: str,
        options: dict[str, Any],
        model: str | None = None,
        retry: dict[str, Any] | None = None,
        queue_timeout_s: float | None = None,
    ) -> Template:
        """Keep a template; what ``options`` may hold is checked by who uses it."""
        template = Template(
            id=new_id(),
            account_id=account_id,
            name=name,
            model=model,
            options=options,
            created_at=datetime.now(UTC),
            retry=retry,
            queue_timeout_s=queue_timeout_s,
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
        retry: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET,
        queue_timeout_s: float | msgspec.UnsetType | None = msgspec.UNSET,
    ) -> Template:
        """Change all of it, but for what is UNSET; jobs that were made from it are not affected.

        Raises NotFoundError.
        """
        known = await self.get(template_id, account_id)
        changed = replace(
            known,
            name=name,
            options=options,
            model=model,
            retry=known.retry if retry is msgspec.UNSET else retry,
            queue_timeout_s=known.queue_timeout_s if queue_timeout_s is msgspec.UNSET else queue_timeout_s,
        )
        await self._record.update(changed, msgspec.json.encode(options).decode())
        return changed

    async def listed(self, account_id: UUID, *, limit: int = 1000, offset: int = 0) -> list[Template]:
        """Youngest first."""
        return await self._record.listed(account_id, limit=limit, offset=offset)

    async def delete(self, template_id: UUID | None, account_id: UUID) -> None:
        """Jobs made from it are not affected. Raises NotFoundError."""
        await self._record.delete((await self.get(template_id, account_id)).id)
