"""What is saved of a publication between two steps: the platform's session, and the runner's own notes; sealed.

Sealed, because the address of an upload is a capability: whoever has it may write there.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from headrace_store.sealed import Box, WrongKeyError


class Notes(msgspec.Struct, kw_only=True):
    """``data``: what the platform left; None: nothing was done yet."""

    data: bytes | None = None
    #: Unix time of the first attempt.
    began_at: float = 0.0
    #: Attempts in a row that brought nothing forward.
    failures: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Notebook:
    """Notes in and out of their sealed form."""

    box: Box = field(repr=False)

    def read(self, publication_id: UUID, sealed: bytes | None) -> Notes:
        """What was saved; new notes when there is nothing, or nothing that can be read: then it starts over."""
        if sealed is not None:
            try:
                return msgspec.json.decode(self.box.open(publication_id, sealed), type=Notes)
            except (WrongKeyError, msgspec.MsgspecError):
                pass
        return Notes(began_at=time.time())

    def write(self, publication_id: UUID, notes: Notes) -> bytes:
        return self.box.seal(publication_id, msgspec.json.encode(notes))
