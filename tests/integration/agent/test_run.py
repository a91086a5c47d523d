"""One run with a channel and an executor that do what the test says; real folders."""

# ruff: noqa: ARG002, ASYNC240 - fakes have the ports' signatures, and files of a few bytes

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from headrace_agent.runs.active import ActiveRuns
from headrace_agent.runs.folder import WorkDir
from headrace_agent.runs.job import Job, JobInput
from headrace_agent.runs.outcome import Fault, OutputFile, Result, Stop, StopKind, Times
from headrace_agent.runs.ports import LostError, Sink, TransferError
from headrace_agent.runs.run import Run, RunState
from headrace_agent.runs.signal import StopSignal
from headrace_contracts.messages.events import FailureCode
from headrace_runtime.tracing import DISABLED

JOB = UUID(int=7)
CANCEL = Stop(kind=StopKind.CANCELLED, reason="cancelled")


async def nothing(*_: Any) -> None:
    """Success."""


async def for_ever(*_: Any) -> None:
    await asyncio.Event().wait()


class FakeChannel:
    """Writes down what it is told."""

    def __init__(
        self,
        *,
        download: Callable[..., Awaitable[None]] = nothing,
        upload: Callable[..., Awaitable[None]] = nothing,
    ) -> None:
        self._download = download
        self._upload = upload
        self.told: list[Any] = []
        self.output_text = ""
        self.percents: list[float] = []
        self.complete_raises: Exception | None = None

    async def download(self, target: Path) -> None:
        await self._download(target)

    def progress(self, percent: float, message: str) -> None:
        self.percents.append(percent)

    def output(self, seq: int, text: str, stream: str) -> None:
        self.output_text += text

    async def upload(self, result: Result, times: Times) -> None:
        await self._upload(result, times)

    async def complete(self, result: Result, times: Times) -> None:
        if self.complete_raises is not None:
            raise self.complete_raises
        self.told.append(result)

    async def fail(self, fault: Fault, times: Times) -> None:
        self.told.append(fault)

    async def abandon(self, stop: Stop) -> None:
        self.told.append(stop)


class FakeExecutor:
    """Returns ``outcome``, after the stop when there is none."""

    def __init__(self, outcome: Result | Fault | None) -> None:
        self._outcome = outcome
        self.source: Path | None = None
        self.folder: Path | None = None
        self.started = asyncio.Event()

    async def run(
        self, job: Job, *, source: Path | None, folder: Path, sink: Sink, stop: StopSignal
    ) -> Result | Fault:
        self.source, self.folder = source, folder
        self.started.set()
        sink.output(b"half a line", "stdout")
        sink.progress(10, "")
        sink.progress(5, "")
        if self._outcome is None:
            await stop.wait()
            return Result(data=b"{}")
        return self._outcome


@pytest.fixture
def workdir(tmp_path: Path) -> WorkDir:
    work = WorkDir(tmp_path / "work", "me")
    work.open()
    return work


def job(*, timeout_s: float = 30, with_input: bool = False) -> Job:
    return Job(
        id=JOB,
        fence=1,
        attempt=1,
        model="m",
        payload=b"{}",
        input=JobInput(source="http://x", mime="text/plain", name="../a\nb.txt") if with_input else None,
        timeout_s=timeout_s,
        created_at=datetime.now(UTC),
        lane="any/m/normal",
        trace="00-" + "1" * 32 + "-" + "2" * 16 + "-01",
    )


RESULT = Result(data=b'{"x":1}')


async def test_a_result_is_told_and_the_folder_removed(workdir: WorkDir) -> None:
    channel, executor = FakeChannel(), FakeExecutor(RESULT)
    run = Run(job(), channel, executor=executor, workdir=workdir, tracing=DISABLED)
    await run.execute()
    assert channel.told == [RESULT]
    assert channel.output_text == "half a line"
    assert channel.percents == [10]
    assert run.state is RunState.ENDED
    assert executor.folder is not None
    assert not executor.folder.exists()


async def test_the_input_lies_in_the_folder_under_a_safe_name(workdir: WorkDir) -> None:
    async def download(target: Path) -> None:
        target.write_bytes(b"x")

    channel, executor = FakeChannel(download=download), FakeExecutor(RESULT)
    await Run(job(with_input=True), channel, executor=executor, workdir=workdir, tracing=DISABLED).execute()
    assert executor.source is not None
    assert (executor.source.parent, executor.source.name) == (executor.folder, "a_b.txt")


async def fail_transfer(*_: Any) -> None:
    raise TransferError("no way")


async def fail_lost(*_: Any) -> None:
    raise LostError("gone")


@pytest.mark.parametrize(
    ("channel", "told"),
    [
        (FakeChannel(download=fail_transfer), Fault(code=FailureCode.TRANSFER, reason="no way")),
        (FakeChannel(upload=fail_transfer), Fault(code=FailureCode.TRANSFER, reason="no way")),
        (FakeChannel(download=fail_lost), StopKind.LOST),
        (FakeChannel(upload=fail_lost), StopKind.LOST),
    ],
)
async def test_transfers_that_fail(workdir: WorkDir, channel: FakeChannel, told: object) -> None:
    executor = FakeExecutor(RESULT)
    await Run(job(with_input=True), channel, executor=executor, workdir=workdir, tracing=DISABLED).execute()
    assert [said.kind if isinstance(said, Stop) else said for said in channel.told] == [told]


@pytest.mark.parametrize("kind", [StopKind.CANCELLED, StopKind.LOST, StopKind.HANDED_BACK])
@pytest.mark.parametrize("phase", ["download", "run", "upload"])
async def test_a_stop_in_any_phase_leaves_no_outcome(workdir: WorkDir, kind: StopKind, phase: str) -> None:
    executor = FakeExecutor(None if phase == "run" else RESULT)
    channel = FakeChannel(
        download=for_ever if phase == "download" else nothing,
        upload=for_ever if phase == "upload" else nothing,
    )
    run = Run(job(with_input=True), channel, executor=executor, workdir=workdir, tracing=DISABLED)
    runs = ActiveRuns()
    ended = asyncio.Event()
    runs.start(run, ended.set)
    wanted = {"download": RunState.FETCHING, "run": RunState.RUNNING, "upload": RunState.UPLOADING}[phase]
    async with asyncio.timeout(5):
        while run.state is not wanted:  # noqa: ASYNC110 - looks at the run itself
            await asyncio.sleep(0.005)
        stop = Stop(kind=kind, reason="because")
        assert runs.stop(JOB, 1, stop)
        assert not runs.stop(JOB, 2, stop)
        await ended.wait()
    assert channel.told == [stop]
    assert len(runs) == 0


async def test_a_run_that_takes_too_long_fails(workdir: WorkDir) -> None:
    channel = FakeChannel()
    run = Run(job(timeout_s=0.05), channel, executor=FakeExecutor(None), workdir=workdir, tracing=DISABLED)
    await run.execute()
    assert channel.told == [Fault(code=FailureCode.TIMEOUT, reason="the run took longer than 0.05 s")]


async def test_an_outcome_that_is_too_late_is_left(workdir: WorkDir) -> None:
    channel = FakeChannel()
    channel.complete_raises = LostError("the lease has lapsed")
    await Run(job(), channel, executor=FakeExecutor(RESULT), workdir=workdir, tracing=DISABLED).execute()
    assert [said.kind for said in channel.told] == [StopKind.LOST]


async def test_a_disk_without_room_is_a_crash_of_the_machine(workdir: WorkDir) -> None:
    workdir.close()
    channel = FakeChannel()
    await Run(job(), channel, executor=FakeExecutor(RESULT), workdir=workdir, tracing=DISABLED).execute()
    [fault] = channel.told
    assert fault.code is FailureCode.CRASH
    assert "no room" in fault.reason


async def test_files_are_uploaded_while_they_are_there(workdir: WorkDir, tmp_path: Path) -> None:
    file = OutputFile(path=tmp_path / "f", name="f", mime="text/plain")
    seen: list[bool] = []
    executor = FakeExecutor(Result(data=b"{}", file=file))

    async def upload(*_: Any) -> None:
        seen.append(executor.folder is not None and executor.folder.is_dir())

    await Run(
        job(), FakeChannel(upload=upload), executor=executor, workdir=workdir, tracing=DISABLED
    ).execute()
    assert seen == [True]


def test_the_folders_of_agents_that_are_gone_are_removed(tmp_path: Path) -> None:
    alive, gone = WorkDir(tmp_path, "alive"), WorkDir(tmp_path, "gone")
    alive.open()
    gone.open()
    (gone.path / "leftover").write_text("x")
    os.close(gone._lock)
    gone._lock = -1
    new = WorkDir(tmp_path, "new")
    new.open()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alive", "new"]
    new.close()
    alive.close()
    assert list(tmp_path.iterdir()) == []


class RecordingTracing:
    """Spans as (name, attributes, parent, failure)."""

    enabled = True

    def __init__(self) -> None:
        self.spans: list[dict[str, Any]] = []

    @contextmanager
    def span(  # the port's signature
        self, name: str, attributes: Any = None, parent: Any = None, *, server: bool = False
    ) -> Any:
        made: dict[str, Any] = {
            "name": name,
            "attributes": dict(attributes or {}),
            "parent": parent,
            "failed": None,
        }
        self.spans.append(made)

        class Span:
            def set(self, key: str, value: Any) -> None:
                made["attributes"][key] = value

            def fail(self, reason: str) -> None:
                made["failed"] = reason

        yield Span()

    def inject(self) -> str | None:
        return None

    def extract(self, traceparent: str | None) -> Any:
        return traceparent


async def test_the_run_goes_on_in_the_jobs_trace(workdir: WorkDir) -> None:
    tracing = RecordingTracing()
    fault = Fault(code=FailureCode.HANDLER, reason="no")
    await Run(job(), FakeChannel(), executor=FakeExecutor(fault), workdir=workdir, tracing=tracing).execute()
    run, handler = tracing.spans
    assert (run["name"], run["parent"], run["failed"]) == ("agent.run", job().trace, "no")
    assert run["attributes"]["headrace.job_id"] == str(JOB)
    assert run["attributes"]["headrace.lane"] == "any/m/normal"
    assert run["attributes"]["headrace.attempt"] == 1
    assert 0 <= run["attributes"]["headrace.queue_ms"] < 10_000
    assert (handler["name"], handler["failed"]) == ("handler.run", "no")
