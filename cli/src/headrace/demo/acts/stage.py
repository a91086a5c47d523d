"""What every play of the second act is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import aiohttp

from headrace.demo.findings import Finding
from headrace.demo.jobs import DemoJob

#: The longest that one play may wait for its job, in seconds.
WITHIN_S = 90.0


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The stack, and where to say what happens."""

    #: ``dev.json``: address and credentials by dialect.
    dev: Mapping[str, Any]
    session: aiohttp.ClientSession
    #: A folder of the play's own.
    folder: Path
    job: DemoJob
    say: Callable[[str], None]
    #: Told the job's id once it is known, so that the table shows it.
    submitted: Callable[[UUID], None]


class Play(Protocol):
    """Sends one job through a dialect, does what the text's workers do, and says what came of it.

    Raises ApiError for what is refused or takes too long.
    """

    async def __call__(self, stage: Stage) -> Finding: ...
