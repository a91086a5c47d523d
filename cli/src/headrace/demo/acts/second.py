"""The second act: its jobs, and all its plays at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import aiohttp

from headrace.demo import samples, samples_text
from headrace.demo.acts import auraflux, auralis, jobserver, native
from headrace.demo.acts.stage import Play, Stage
from headrace.demo.client import ApiError
from headrace.demo.findings import Finding
from headrace.demo.jobs import DemoJob

#: Kinds of work that the plays' own workers do: no agent has to have them.
WORKED_HERE: Final = frozenset({"project", "command"})


def _street(_folder: Path) -> Path:
    return samples.street_video()


JOBS: Final[tuple[DemoJob, ...]] = (
    DemoJob(
        key="native",
        model="data-processing",
        title="native: count rows",
        dialect="native",
        sample=samples_text.csv_100k,
    ),
    DemoJob(key="project", model="project", title="auralis: run a project", dialect="auralis"),
    DemoJob(
        key="film",
        model="video-production",
        title="auraflux: make a film",
        dialect="auraflux",
        sample=_street,
    ),
    DemoJob(key="command", model="command", title="jobserver: a command", dialect="jobserver"),
)

_PLAYS: Final[Mapping[str, Play]] = MappingProxyType(
    {"native": native.play, "project": auralis.play, "film": auraflux.play, "command": jobserver.play}
)


class SecondAct:
    """``submitted`` hears the id of each job by its key."""

    def __init__(
        self,
        jobs: Sequence[DemoJob],
        *,
        dev: Mapping[str, Any],
        folder: Path,
        say: Callable[[str], None],
        submitted: Callable[[str, UUID], None],
    ) -> None:
        self._jobs = jobs
        self._dev = dev
        self._folder = folder
        self._say = say
        self._submitted = submitted

    async def run(self) -> dict[str, Finding]:
        """Play all; what each found, also where it was refused."""
        timeout = aiohttp.ClientTimeout(total=60)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            found = await asyncio.gather(*(self._play(job, session) for job in self._jobs))
        return dict(zip((job.key for job in self._jobs), found, strict=True))

    async def _play(self, job: DemoJob, session: aiohttp.ClientSession) -> Finding:
        folder = self._folder / job.key
        folder.mkdir(exist_ok=True)
        stage = Stage(
            dev=self._dev,
            session=session,
            folder=folder,
            job=job,
            say=self._say,
            submitted=lambda job_id: self._submitted(job.key, job_id),
        )
        try:
            return await _PLAYS[job.key](stage)
        except (ApiError, KeyError, TypeError, ValueError) as error:
            wrong = str(error) if isinstance(error, ApiError) else f"not as documented: {error!r}"
            return Finding(
                sentence=wrong, expectation=f"{job.dialect}: its play comes to its end", as_expected=False
            )
