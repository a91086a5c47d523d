"""A process that faults end, hold down and freeze, and that is kept running otherwise."""

from __future__ import annotations

import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from tests.support.waiting import until

from headrace.chaos.site.process import Kept
from headrace.embedded.log_file import LogFile
from headrace.embedded.program import READY, Command, Probe

CODE = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"


@dataclass(frozen=True)
class Sleeper:
    """Writes its pid into a file and waits."""

    path: Path
    name: str = "sleeper"
    port: int = 0

    async def prepare(self) -> None:
        self.path.unlink(missing_ok=True)

    def command(self) -> Command:
        return Command(argv=(sys.executable, "-c", CODE, str(self.path)), env={}, cwd=self.path.parent)

    async def probe(self) -> Probe:
        return READY if self.path.exists() and self.path.read_text() else Probe(ready=False, reason="no pid")

    @property
    def pid(self) -> int:
        return int(self.path.read_text())


@asynccontextmanager
async def kept(folder: Path, deaths: list[str]) -> AsyncIterator[tuple[Kept, Sleeper]]:
    sleeper = Sleeper(folder / "pid")
    process = Kept(
        sleeper, log=LogFile(path=folder / "log"), died=lambda name, how: deaths.append(f"{name} {how}")
    )
    process.begin()
    try:
        await process.ready()
        yield process, sleeper
    finally:
        await process.stop()


async def test_it_is_down_until_it_may_come_up_and_no_fault_is_no_death(tmp_path: Path) -> None:
    deaths: list[str] = []
    async with kept(tmp_path, deaths) as (process, sleeper):
        first = sleeper.pid
        await process.take_down(signal.SIGKILL)
        assert not psutil.pid_exists(first)
        assert not (await sleeper_is_up(sleeper, first))
        process.put_up()
        await until(lambda: sleeper_is_up(sleeper, first))
        last = sleeper.pid
    assert not psutil.pid_exists(last)
    assert deaths == []


async def test_an_end_of_its_own_is_told_and_it_is_started_again(tmp_path: Path) -> None:
    deaths: list[str] = []
    async with kept(tmp_path, deaths) as (_, sleeper):
        first = sleeper.pid
        psutil.Process(first).kill()
        await until(lambda: sleeper_is_up(sleeper, first))
    assert deaths == ["sleeper ended with status -9"]


async def test_a_frozen_one_stands_still_until_it_is_thawed(tmp_path: Path) -> None:
    async with kept(tmp_path, []) as (process, sleeper):
        process.freeze()
        await until(lambda: stands_still(sleeper.pid))
        process.thaw()
        await until(lambda: moves(sleeper.pid))


async def sleeper_is_up(sleeper: Sleeper, before: int) -> bool:
    return (await sleeper.probe()).ready and sleeper.pid != before


async def stands_still(pid: int) -> bool:
    return psutil.Process(pid).status() == psutil.STATUS_STOPPED


async def moves(pid: int) -> bool:
    return not await stands_still(pid)
