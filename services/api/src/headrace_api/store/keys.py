"""Keys of an account as the use cases see them."""

from __future__ import annotations

from uuid import UUID

from headrace_api.store.record import translated
from headrace_store.accounts.keys import ApiKey, Keys, KeyWish, NewKey
from headrace_store.postgres import Pool


class RecordKeys:
    """``core.keys.KeyRecord``."""

    def __init__(self, pool: Pool) -> None:
        self._keys = Keys(pool)

    async def create(self, wish: KeyWish) -> NewKey:
        with translated():
            return await self._keys.create(wish)

    async def listed(self, account_id: UUID) -> list[ApiKey]:
        with translated():
            return await self._keys.listed(account_id)

    async def revoke(self, account_id: UUID, key_id: UUID) -> bool:
        with translated():
            return await self._keys.revoke(account_id, key_id)
