"""The account of the key that asks, its usage and its keys."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Account(msgspec.Struct, frozen=True, kw_only=True):
    account_id: str
    name: str
    plan: str
    credits: int = 0
    created_at: datetime | None = None
    #: Of the key that asks, as are its rates.
    scopes: list[str] = msgspec.field(default_factory=list)
    per_minute: int | None = None
    per_hour: int | None = None
    #: Jobs that may wait, and that may be in motion; None: no limit.
    max_queued: int | None = None
    max_running: int | None = None


class AccountLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What an account may have waiting and in motion (None: no limit), and what it has."""

    account_id: str
    name: str
    max_queued: int | None = None
    max_running: int | None = None
    queued: int = 0
    running: int = 0


class UsageLine(msgspec.Struct, frozen=True, kw_only=True):
    model: str
    status: str
    jobs: int
    run_seconds: float


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Of the jobs that were submitted from the first day to the last."""

    jobs: int
    run_seconds: float
    credits_charged: int = 0
    credits_refunded: int = 0
    credits_granted: int = 0
    lines: list[UsageLine] = msgspec.field(default_factory=list)


class Key(msgspec.Struct, frozen=True, kw_only=True):
    key_id: str
    kind: str
    name: str
    #: Its first characters.
    hint: str = ""
    scopes: list[str] = msgspec.field(default_factory=list)
    per_minute: int | None = None
    per_hour: int | None = None
    created_at: datetime | None = None
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    #: ``hr_live_...``, only from the call that makes it: it is shown once.
    key: str | None = None

    def __repr__(self) -> str:
        """Without the key itself: what is printed or logged must not give it away."""
        return f"Key(key_id={self.key_id!r}, name={self.name!r}, scopes={self.scopes!r})"


class KeyList(msgspec.Struct, frozen=True, kw_only=True):
    keys: list[Key]
