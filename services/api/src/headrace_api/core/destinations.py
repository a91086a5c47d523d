"""Where an account publishes to. Credentials go in and are never shown again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from headrace_api.core.errors import ConflictError, NotFoundError, Problem, ValidationError
from headrace_contracts.ids import new_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Destination:
    id: UUID
    account_id: UUID
    #: What clients write in a job's platforms.
    name: str
    #: A platform of the publisher: s3, http, mastodon, youtube.
    platform: str
    #: Without secrets.
    config: dict[str, Any]
    has_secret: bool
    created_at: datetime


class DestinationRecord(Protocol):
    """The destinations' rows. Raises UnavailableError while the record is away."""

    async def add(self, destination: Destination, secret: bytes | None) -> bool:
        """False when the account has one of that name."""

    async def listed(self, account_id: UUID) -> list[Destination]: ...

    async def delete(self, account_id: UUID, name: str) -> bool: ...


#: Encrypts a destination's credentials (JSON text) with the site's key. Raises NotConfiguredError without one.
Seal = Callable[[dict[str, Any], UUID], bytes]


class Destinations:
    def __init__(self, record: DestinationRecord, seal: Seal) -> None:
        self._record = record
        self._seal = seal

    async def create(
        self, account_id: UUID, *, name: str, platform: str, config: dict[str, Any], secret: dict[str, Any]
    ) -> Destination:
        """Keep a destination whose ``config`` and ``secret`` have been checked.

        Raises ConflictError for a name that is taken, NotConfiguredError.
        """
        destination = Destination(
            id=new_id(),
            account_id=account_id,
            name=name,
            platform=platform,
            config=config,
            has_secret=bool(secret),
            created_at=datetime.now(UTC),
        )
        sealed = self._seal(secret, destination.id) if secret else None
        if not await self._record.add(destination, sealed):
            raise ConflictError(
                f"There is a destination '{name}' already; delete it first or take another name"
            )
        return destination

    async def listed(self, account_id: UUID) -> list[Destination]:
        return await self._record.listed(account_id)

    async def delete(self, account_id: UUID, name: str) -> None:
        """Jobs that are on their way there are published all the same. Raises NotFoundError."""
        if not await self._record.delete(account_id, name):
            raise NotFoundError("destination")

    async def by_name(self, account_id: UUID, names: Sequence[str], *, field: str) -> list[Destination]:
        """The destinations of these names, each once. Raises ValidationError that names ``field`` and what there is."""
        known = {each.name: each for each in await self._record.listed(account_id)} if names else {}
        unknown = [name for name in names if name not in known]
        if unknown:
            there = ", ".join(sorted(known)) or "none"
            raise ValidationError(
                [Problem(field, f"there is no destination '{name}'; there are: {there}") for name in unknown]
            )
        return [known[name] for name in dict.fromkeys(names)]
