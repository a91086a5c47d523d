"""Fair shares: a platform, or one destination, that is slow must not hold the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(kw_only=True)
class Hands:
    """At most ``per_platform`` publications at a time to one platform, and half of them to one destination."""

    per_platform: int
    _platforms: Counter[str] = field(default_factory=Counter)
    _destinations: Counter[UUID] = field(default_factory=Counter)

    @contextmanager
    def of(self, platform: str, destination_id: UUID) -> Iterator[bool]:
        """False: there is no free hand; try again later. The hand is free again after the block."""
        most = max(1, self.per_platform // 2)
        if self._platforms[platform] >= self.per_platform or self._destinations[destination_id] >= most:
            yield False
            return
        self._platforms[platform] += 1
        self._destinations[destination_id] += 1
        try:
            yield True
        finally:
            self._platforms[platform] -= 1
            self._destinations[destination_id] -= 1
            if not self._destinations[destination_id]:
                del self._destinations[destination_id]
