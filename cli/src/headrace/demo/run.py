"""The demo from its start to its exit status."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console

from headrace.demo.acts.second import JOBS as SECOND
from headrace.demo.acts.second import WORKED_HERE, SecondAct
from headrace.demo.board import Board, make_board
from headrace.demo.checks import Check, Happened, check
from headrace.demo.client import radiance_client
from headrace.demo.closing import print_checks, print_findings, print_skipped, summary
from headrace.demo.conduct import Conductor, MakeSecondAct
from headrace.demo.jobs import JOBS, DemoJob
from headrace.demo.plan import plan
from headrace.demo.receiver import receiving
from headrace.demo.record import open_record
from headrace.demo.stack import AGENTS, DemoStack
from headrace.embedded.layout import StateDir


@dataclass(frozen=True, kw_only=True)
class DemoOptions:
    """``state_dir`` None: a temporary folder, removed at the end unless ``keep``."""

    state_dir: Path | None = None
    keep: bool = False


async def run_demo(options: DemoOptions, console: Console, *, missing: Mapping[str, str]) -> bool:
    """Run it and print everything; True when all happened as it should.

    ``missing`` are the models that are not installed, each with what it needs. Raises StackFailedError, ApiError
    or SampleMissingError; the stack is stopped in any case, also when the task is cancelled.
    """
    began = time.monotonic()
    jobs = plan(JOBS, {job.model for job in JOBS} - set(missing))
    second = plan(SECOND, {job.model for job in SECOND} - (set(missing) - WORKED_HERE))
    print_skipped(console, missing)
    if not jobs:
        console.print("no model is installed: there is nothing to show")
        return False
    board = make_board([*jobs, *second], console)
    with _folder(options, board) as folder:
        stack = DemoStack(StateDir.at(folder / "stack"), say=board.say)
        async with _started(stack, jobs, second, folder, board) as conductor:
            happened = await conductor.run()
        checks = [*check(happened), nothing_left(stack.where.root)]
    _close(console, happened, checks, began)
    return all(each.ok for each in checks)


def _close(console: Console, happened: Happened, checks: Sequence[Check], began: float) -> None:
    print_findings(console, happened)
    print_checks(console, checks)
    console.print()
    console.print(summary(happened, checks, seconds=time.monotonic() - began), highlight=False)
    console.print("Next: `headrace up` (or `make up`) starts a stack that stays.", highlight=False)


@asynccontextmanager
async def _started(
    stack: DemoStack, jobs: Sequence[DemoJob], second: Sequence[DemoJob], folder: Path, board: Board
) -> AsyncIterator[Conductor]:
    """The stack with everything that talks to it; all of it stopped at the end."""
    board.say(f"starting a stack with {AGENTS} agents in {stack.where.root}")
    making = asyncio.create_task(asyncio.to_thread(make_inputs, jobs, folder))
    try:
        access = await stack.start()
        inputs = await making
        acts = folder / "acts"
        acts.mkdir(exist_ok=True)
        board.say(f"submitting {len(jobs)} jobs to {access.origin}/airunner/submit")
        async with (
            receiving(access.webhook_secret) as receiver,
            radiance_client(access.origin) as client,
            open_record(access.postgres_url) as record,
        ):
            yield Conductor(
                jobs,
                inputs=inputs,
                folder=folder,
                client=client,
                record=record,
                receiver=receiver,
                board=board,
                process_of=stack.agent,
                listen=stack.listen,
                second=MakeSecondAct(
                    jobs=second,
                    make=lambda submitted: SecondAct(
                        second, dev=access.dev, folder=acts, say=board.say, submitted=submitted
                    ),
                ),
            )
    finally:
        board.say("stopping everything")
        await asyncio.shield(asyncio.gather(stack.stop(), making, return_exceptions=True))


def make_inputs(jobs: Sequence[DemoJob], folder: Path) -> dict[str, Path]:
    """The input file of each job that has one, by the job's key. Raises SampleMissingError."""
    return {job.key: job.sample(folder) for job in jobs if job.sample is not None}


def nothing_left(folder: Path) -> Check:
    """That no process is left which runs in or on ``folder``."""
    left = []
    for process in psutil.process_iter():
        try:
            about = [*process.cmdline(), process.cwd()]
            if process.status() != psutil.STATUS_ZOMBIE and any(str(folder) in text for text in about):
                left.append(f"{process.name()} ({process.pid})")
        except psutil.Error:
            continue  # it ended meanwhile, or is not ours to look at
    return Check(label="everything is stopped again", ok=not left, detail=", ".join(left))


class _Folder:
    """The demo's folder, removed at the end unless the user named it or wants to keep it."""

    def __init__(self, path: Path, *, temporary: bool, board: Board) -> None:
        self._path = path
        self._temporary = temporary
        self._board = board

    def __enter__(self) -> Path:
        return self._path

    def __exit__(self, *_: object) -> None:
        if self._temporary:
            shutil.rmtree(self._path, ignore_errors=True)
        else:
            self._board.say(
                f"kept: {self._path} (`headrace up --state-dir {self._path / 'stack'}` starts it again)"
            )


def _folder(options: DemoOptions, board: Board) -> _Folder:
    if options.state_dir is not None:
        path = options.state_dir.expanduser().absolute()
        path.mkdir(parents=True, exist_ok=True)
        return _Folder(path, temporary=False, board=board)
    path = Path(tempfile.mkdtemp(prefix="headrace-demo-"))
    return _Folder(path, temporary=not options.keep, board=board)
