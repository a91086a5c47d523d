"""Agents that are to take no more jobs, because an operator wants it so (ADR 0024)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from headrace_api.core.errors import NotFoundError
from headrace_api.core.jobs import refuse
from headrace_api.core.ports import Dispatcher
from headrace_contracts.messages.requests import DrainRequest


@dataclass(frozen=True, kw_only=True, slots=True)
class Drain:
    agent: str
    reason: str
    drained_at: datetime


class DrainRecord(Protocol):
    """Raises UnavailableError while the record is away."""

    async def found(self, agent: str) -> Drain | None: ...

    async def known(self, agent: str) -> bool:
        """Whether an agent of that name was ever here."""
        ...


class Drains:
    def __init__(self, record: DrainRecord, dispatcher: Dispatcher) -> None:
        self._record = record
        self._dispatcher = dispatcher

    async def drain(self, agent: str, reason: str) -> Drain | None:
        """Let all agents of that name take no more jobs; what they run goes on. Raises NotFoundError, UnavailableError.

        None: somebody has taken it back at the same moment.
        """
        return await self._set(agent, reason, drained=True)

    async def resume(self, agent: str) -> Drain | None:
        """Let them take jobs again. Raises NotFoundError, UnavailableError.

        None, unless somebody has drained them again at the same moment.
        """
        return await self._set(agent, "", drained=False)

    async def _set(self, agent: str, reason: str, *, drained: bool) -> Drain | None:
        # A name that is not known is a mistake in writing more often than an agent that is to come.
        if "\0" in agent or not (await self._record.known(agent) or await self._record.found(agent)):
            raise NotFoundError("agent")
        refuse(await self._dispatcher.drain(DrainRequest(agent=agent, drained=drained, reason=reason)))
        return await self._record.found(agent)
