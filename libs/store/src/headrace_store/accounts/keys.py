"""Keys of programs: only their hashes are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from headrace_contracts.ids import hash_token, new_id, new_token
from headrace_contracts.scopes import SCOPES
from headrace_store.accounts.rows import fields
from headrace_store.postgres import Connection, Pool
from headrace_store.queries import load

_SQL = load("headrace_store.accounts", "keys.sql")
MAX_LISTED = 10_000
MAX_NAME_CHARS = 100
MAX_RATE = 1_000_000
_HINT_CHARS = 4

#: What a key of each kind begins with.
PREFIXES: Mapping[str, str] = MappingProxyType({"native": "hr_live_", "auraflux": "af_live_"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiKey:
    """A key without its secret. ``per_minute`` and ``per_hour``: None = as the dialect says."""

    id: UUID
    account_id: UUID
    kind: str
    name: str
    #: Its first characters.
    hint: str
    scopes: list[str]
    per_minute: int | None
    per_hour: int | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewKey:
    """A key that was just made; ``key`` is the one copy of the secret."""

    key: str
    record: ApiKey


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveKey:
    """What a good key opens."""

    id: UUID
    account_id: UUID
    plan: str
    kind: str
    scopes: list[str]
    per_minute: int | None
    per_hour: int | None
    last_used_at: datetime | None
    key_hash: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyWish:
    """A key to be made."""

    account_id: UUID
    kind: str
    name: str
    scopes: Sequence[str]
    expires_at: datetime | None = None
    per_minute: int | None = None
    per_hour: int | None = None


def problems_of(wish: KeyWish, now: datetime) -> list[tuple[str, str]]:
    """What is wrong with a key that is wanted: (field, what it must be)."""
    problems = []
    if wish.kind not in PREFIXES:
        problems.append(("kind", f"must be one of {', '.join(PREFIXES)}"))
    if not 1 <= len(wish.name) <= MAX_NAME_CHARS or not wish.name.isprintable():
        problems.append(("name", f"must have 1 to {MAX_NAME_CHARS} printable characters"))
    if not wish.scopes:
        problems.append(("scopes", "must name at least one scope"))
    if unknown := [scope for scope in wish.scopes if scope not in SCOPES]:
        problems.append(
            ("scopes", f"there is no scope {unknown[0][:50]!r}; the scopes are {', '.join(SCOPES)}")
        )
    if wish.expires_at is not None and wish.expires_at.tzinfo is None:
        problems.append(("expires_at", "must have a time zone, such as Z"))
    elif wish.expires_at is not None and wish.expires_at <= now:
        problems.append(("expires_at", "must lie in the future"))
    for field, rate in (("per_minute", wish.per_minute), ("per_hour", wish.per_hour)):
        if rate is not None and not 1 <= rate <= MAX_RATE:
            problems.append((field, f"must be 1 to {MAX_RATE}"))
    return problems


class Keys:
    """Works on a pool or one connection. Every method raises what ``postgres.TRANSIENT`` names."""

    def __init__(self, source: Pool | Connection) -> None:
        self._source = source

    async def create(self, wish: KeyWish) -> NewKey:
        """Raises asyncpg.ForeignKeyViolationError without such an account."""
        key = new_token(PREFIXES[wish.kind])
        row = await self._source.fetchrow(
            _SQL["create"], new_id(), wish.account_id, wish.kind, wish.name, hint_of(key, wish.kind),
            hash_token(key), list(dict.fromkeys(wish.scopes)), wish.expires_at, wish.per_minute, wish.per_hour,
        )  # fmt: skip
        assert row is not None  # noqa: S101 -- INSERT ... RETURNING gives a row or raises
        return NewKey(key=key, record=ApiKey(**fields(row)))

    async def ensure(self, key: str, account_id: UUID, kind: str, name: str, scopes: Sequence[str]) -> None:
        """Store a key that was made elsewhere, unless it is there."""
        await self._source.execute(
            _SQL["ensure"],
            new_id(),
            account_id,
            kind,
            name,
            hint_of(key, kind),
            hash_token(key),
            list(scopes),
        )

    async def listed(self, account_id: UUID | None) -> list[ApiKey]:
        """The youngest first, revoked ones too; None = of all accounts."""
        if account_id is None:
            rows = await self._source.fetch(_SQL["list_all"], MAX_LISTED)
        else:
            rows = await self._source.fetch(_SQL["list"], account_id, MAX_LISTED)
        return [ApiKey(**fields(row)) for row in rows]

    async def revoke(self, account_id: UUID | None, key_id: UUID) -> bool:
        """False when the account (None = any) has no such key."""
        return await self._source.fetchval(_SQL["revoke"], account_id, key_id) is not None

    async def live(self, hashes: Sequence[bytes]) -> list[LiveKey]:
        """Those of the keys with these hashes that open anything now."""
        return [LiveKey(**fields(row)) for row in await self._source.fetch(_SQL["live"], list(hashes))]

    async def touch(self, key_ids: Sequence[UUID]) -> None:
        """They were used now; written at most once a minute."""
        await self._source.execute(_SQL["touch"], list(key_ids))


def hint_of(key: str, kind: str) -> str:
    """What people tell keys apart by: the prefix and four characters, which leaves 232 bits unsaid."""
    return key[: len(PREFIXES[kind]) + _HINT_CHARS]
