"""The account of the key that asks: its usage and its keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from headrace.client.calls import call, part, value
from headrace.client.model.account import Account, Key, KeyList, Usage
from headrace.client.operation import operation
from headrace.client.steps import Steps


class AccountCalls:
    @operation
    def account(self) -> Steps[Account]:
        """The account, and what this key may do."""
        return value((yield from call("GET", "/v1/account")), Account)

    @operation
    def usage(self, since: date | str | None = None, until: date | str | None = None) -> Steps[Usage]:
        """Jobs, run time and credits from one day (UTC) to another; by default of the last 30 days."""
        params = {"from": None if since is None else str(since), "to": None if until is None else str(until)}
        return value((yield from call("GET", "/v1/usage", params=params)), Usage)

    @operation
    def keys(self) -> Steps[list[Key]]:
        """The account's keys, without the keys themselves."""
        return value((yield from call("GET", "/v1/keys")), KeyList).keys

    @operation
    def create_key(
        self,
        name: str,
        *,
        scopes: Sequence[str] | None = None,
        expires_at: datetime | None = None,
        per_minute: int | None = None,
        per_hour: int | None = None,
    ) -> Steps[Key]:
        """Make a key; the answer's ``key`` is shown this once. Raises ApiError."""
        body = {
            "name": name,
            "scopes": None if scopes is None else list(scopes),
            "expires_at": None if expires_at is None else expires_at.astimezone().isoformat(),
            "per_minute": per_minute,
            "per_hour": per_hour,
        }
        return value((yield from call("POST", "/v1/keys", json=body)), Key)

    @operation
    def revoke_key(self, key_id: str) -> Steps[None]:
        """Revoke a key. Raises NotFoundError."""
        yield from call("DELETE", f"/v1/keys/{part(key_id)}")
