"""When keys were last used: gathered here, written now and then, never on a request's path."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from headrace_api.core.errors import UnavailableError
from headrace_api.core.identity.ports import Credentials

log = logging.getLogger(__name__)

_EVERY = timedelta(minutes=1)
_MOST = 10_000


class KeyUse:
    """``note`` is cheap; ``flush`` is called by the housekeeping."""

    def __init__(
        self, credentials: Credentials, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._credentials = credentials
        self._now = now
        self._pending: set[UUID] = set()

    def note(self, key_id: UUID, last_used_at: datetime | None) -> None:
        """The key was used, and the record says when that was the last time."""
        due = last_used_at is None or self._now() - last_used_at >= _EVERY
        if due and len(self._pending) < _MOST:
            self._pending.add(key_id)

    async def flush(self) -> None:
        """Write what has gathered; kept for the next time while the record is away."""
        if not self._pending:
            return
        pending, self._pending = self._pending, set()
        try:
            await self._credentials.touch_keys(sorted(pending))
        except UnavailableError as error:
            self._pending |= pending
            log.warning("the use of keys is written later: %s", error, extra={"action": "keys.use.later"})
