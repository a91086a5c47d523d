"""Deletes objects that nothing in the record refers to: what crashes, lost attempts and expired files leave behind.

An object is looked up after it was listed, and one that is younger than the grace is left alone, so that a submit or
an upload under way is never robbed of what it has stored and not recorded yet (ADR 0028).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

from headrace_contracts.keys import PREFIXES, owner_of
from headrace_dispatcher.store.orphans import Place
from headrace_store.blobs.listing import Entry, Page, Unfinished

_AT_ONCE = 20


class References(Protocol):
    """What the record refers to."""

    async def orphans(self, owners: Mapping[str, UUID], *, grace_s: float) -> set[str]: ...


class Objects(Protocol):
    """The bucket. Raises BlobError."""

    async def page(self, prefix: str, *, after: str = "", limit: int = 1000) -> Page: ...

    async def delete(self, key: str) -> None: ...

    async def unfinished(self, prefix: str, *, limit: int = 1000) -> list[Unfinished]: ...

    async def give_up(self, upload: Unfinished) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Swept:
    """What a sweep saw, and what of it was (or, in a dry run, would be) deleted."""

    seen: int = 0
    orphans: tuple[Entry, ...] = ()
    #: Uploads in parts that were left behind.
    unfinished: tuple[Unfinished, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of the orphans."""
        return sum(entry.size for entry in self.orphans)

    def __add__(self, other: Swept) -> Swept:
        return Swept(
            seen=self.seen + other.seen,
            orphans=self.orphans + other.orphans,
            unfinished=self.unfinished + other.unfinished,
        )


class OrphanSweep:
    """One look through Headrace's own prefixes; never touches anything else in the bucket.

    ``grace_s``: age in seconds up to which an object is left alone; 0 only while nothing is submitted or run.
    ``per_s``: deletions in a second, at most. ``page``: objects of a step. ``dry``: look only.
    """

    def __init__(
        self,
        references: References,
        objects: Objects,
        *,
        grace_s: float,
        per_s: float = 100.0,
        page: int = 1000,
        dry: bool = False,
    ) -> None:
        self._references = references
        self._objects = objects
        self._grace_s = grace_s
        self._per_s = per_s
        self._page = page
        self._dry = dry

    async def all(self) -> Swept:
        """Everything, page after page. Raises BlobError, or what the record raises."""
        swept = Swept()
        for prefix in PREFIXES:
            place: Place | None = Place(prefix=prefix, after="")
            while place is not None:
                found, place = await self.step(place)
                swept += found
        return swept

    async def step(self, place: Place) -> tuple[Swept, Place | None]:
        """One page behind ``place``, and where to go on (None: that was the last page). Raises as ``all``."""
        before = datetime.now(UTC) - timedelta(seconds=self._grace_s)
        unfinished: Sequence[Unfinished] = ()
        if not place.after:
            unfinished = await self._left_behind(place.prefix, before)
        page = await self._objects.page(place.prefix, after=place.after, limit=self._page)
        old = {entry.key: entry for entry in page.entries if entry.modified <= before}
        owners = {key: owner for key in old if (owner := owner_of(key)) is not None}
        keys = await self._references.orphans(owners, grace_s=self._grace_s) if owners else set()
        orphans = [old[key] for key in sorted(keys)]
        if not self._dry:
            await self._delete(orphans)
        swept = Swept(seen=len(page.entries), orphans=tuple(orphans), unfinished=tuple(unfinished))
        if not page.more or not page.entries:
            return swept, None
        return swept, Place(prefix=place.prefix, after=page.entries[-1].key)

    async def _delete(self, orphans: Sequence[Entry]) -> None:
        for start in range(0, len(orphans), _AT_ONCE):
            some = orphans[start : start + _AT_ONCE]
            await asyncio.gather(*(self._objects.delete(entry.key) for entry in some))
            await asyncio.sleep(len(some) / self._per_s)

    async def _left_behind(self, prefix: str, before: datetime) -> list[Unfinished]:
        found = [
            upload
            for upload in await self._objects.unfinished(prefix)
            if upload.begun <= before and owner_of(upload.key) is not None
        ]
        for upload in found if not self._dry else ():
            await self._objects.give_up(upload)
        return found
