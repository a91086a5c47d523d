"""Pools whose jobs do not start for now, because an operator wants it so (ADR 0024)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from headrace_api.core.errors import NotFoundError
from headrace_api.core.jobs import refuse
from headrace_api.core.ports import Dispatcher
from headrace_contracts.catalogue.registry import get
from headrace_contracts.jobs.lane import is_private, private_pool
from headrace_contracts.messages.requests import PoolRequest


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause:
    pool: str
    #: The operator's words for those whose jobs wait.
    reason: str
    paused_at: datetime


class PauseRecord(Protocol):
    """Raises UnavailableError while the record is away."""

    async def listed(self) -> list[Pause]:
        """By the pools' names."""
        ...

    async def known(self, pool: str) -> bool:
        """Whether it is an operator's pool."""
        ...


class Pauses:
    def __init__(self, record: PauseRecord, dispatcher: Dispatcher) -> None:
        self._record = record
        self._dispatcher = dispatcher

    async def listed(self, account_id: UUID) -> Sequence[Pause]:
        """Without the private pools of other accounts."""
        own = private_pool(account_id)
        return [each for each in await self._record.listed() if each.pool == own or not is_private(each.pool)]

    async def pause(self, pool: str, reason: str) -> Pause | None:
        """Let no job of the pool start; what runs goes on. Raises NotFoundError, UnavailableError.

        None: somebody has let it go on at the same moment.
        """
        if get(pool) is None and not is_private(pool) and not await self._record.known(pool):
            raise NotFoundError("pool")
        refuse(await self._dispatcher.pool(PoolRequest(pool=pool, paused=True, reason=reason)))
        return await self._found(pool)

    async def resume(self, pool: str) -> Pause | None:
        """Let its jobs start again. Raises NotFoundError, UnavailableError.

        None, unless somebody has paused it again at the same moment.
        """
        paused = await self._found(pool)
        if (
            paused is None
            and get(pool) is None
            and not is_private(pool)
            and not await self._record.known(pool)
        ):
            raise NotFoundError("pool")
        refuse(await self._dispatcher.pool(PoolRequest(pool=pool, paused=False)))
        return await self._found(pool)

    async def _found(self, pool: str) -> Pause | None:
        return next((each for each in await self._record.listed() if each.pool == pool), None)
