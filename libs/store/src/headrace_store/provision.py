"""A first account with everything that opens it: what a site on one machine is born with.

Safe to repeat: what is there stays, only the destinations follow (their server may have another port today).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from headrace_contracts.ids import new_id
from headrace_contracts.scopes import SCOPES
from headrace_store.accounts.accounts import Accounts, grant_first
from headrace_store.accounts.keys import Keys
from headrace_store.accounts.passwords import hash_password
from headrace_store.accounts.users import Users, normal_email
from headrace_store.postgres import Connection
from headrace_store.queries import load
from headrace_store.sealed import Box, SiteKey

_SQL = load("headrace_store.accounts", "provision.sql")


class Admin(msgspec.Struct, frozen=True, kw_only=True):
    email: str
    password: str

    def __repr__(self) -> str:
        return f"Admin(email={self.email!r}, ...)"


class FirstDestination(msgspec.Struct, frozen=True, kw_only=True):
    """Where the account publishes to; ``secret`` is stored sealed."""

    name: str
    platform: str
    config: dict[str, Any]
    secret: dict[str, str]

    def __repr__(self) -> str:
        return f"FirstDestination(name={self.name!r}, ...)"


class FirstAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What HEADRACE_PROVISION says, as JSON."""

    id: UUID
    name: str
    plan: str
    #: What auralis calls ``user_id``.
    user_ref: UUID
    #: Given once.
    credits: int
    #: Kind of a key -> the key.
    keys: dict[str, str]
    admin: Admin
    destinations: list[FirstDestination] = msgspec.field(default_factory=list)

    def __repr__(self) -> str:
        return f"FirstAccount(id={self.id}, ...)"


async def provision(url: str, first: FirstAccount, site_key: SiteKey) -> None:
    """Make sure of the account in the migrated record at ``url``, in one transaction.

    Raises asyncpg.UniqueViolationError when another account has its user_ref.
    """
    connection = await asyncpg.connect(url, timeout=10)
    try:
        async with connection.transaction():
            await _account(connection, first)
            box = site_key.destinations()
            for destination in first.destinations:
                await _destination(connection, first.id, destination, box)
    finally:
        await connection.close()


async def _account(connection: Connection, first: FirstAccount) -> None:
    await Accounts(connection).ensure(first.id, first.name, first.plan)
    await connection.execute(_SQL["set_user_ref"], first.id, first.user_ref)
    if first.credits:
        await grant_first(connection, first.id, first.credits)
    keys = Keys(connection)
    for kind, key in first.keys.items():
        await keys.ensure(key, first.id, kind, first.name, list(SCOPES))
    users, email = Users(connection), normal_email(first.admin.email)
    if not await users.exists(email):  # the hash costs a tenth of a second
        await users.ensure(first.id, email, hash_password(first.admin.password), "admin")


async def _destination(connection: Connection, account_id: UUID, wanted: FirstDestination, box: Box) -> None:
    found = await connection.fetchval(_SQL["destination"], account_id, wanted.name)
    destination_id = new_id() if found is None else UUID(int=found.int)
    await connection.execute(
        _SQL["put_destination"], destination_id, account_id, wanted.name, wanted.platform,
        msgspec.json.encode(wanted.config).decode(), box.seal_fields(destination_id, wanted.secret),
    )  # fmt: skip
