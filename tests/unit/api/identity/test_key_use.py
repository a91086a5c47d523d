"""The use of keys is gathered, and not lost while the record is away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from headrace_api.core.errors import UnavailableError
from headrace_api.core.identity.key_use import KeyUse

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))


class Credentials:
    def __init__(self) -> None:
        self.touched: list[list[UUID]] = []
        self.away = False

    async def touch_keys(self, key_ids: Sequence[UUID]) -> None:
        if self.away:
            raise UnavailableError("The record")
        self.touched.append(list(key_ids))


async def test_only_keys_whose_last_use_is_a_minute_old_are_written_each_once() -> None:
    credentials = Credentials()
    use = KeyUse(credentials, lambda: NOW)  # type: ignore[arg-type] # as much of Credentials as is used
    await use.flush()
    for _ in range(3):
        use.note(TWO, NOW - timedelta(seconds=60))
        use.note(ONE, None)
        use.note(THREE, NOW - timedelta(seconds=59))
    await use.flush()
    await use.flush()
    assert credentials.touched == [[ONE, TWO]]


async def test_what_can_not_be_written_is_kept() -> None:
    credentials = Credentials()
    use = KeyUse(credentials, lambda: NOW)  # type: ignore[arg-type] # as above
    use.note(ONE, None)
    credentials.away = True
    await use.flush()
    use.note(TWO, None)
    credentials.away = False
    await use.flush()
    assert credentials.touched == [[ONE, TWO]]
