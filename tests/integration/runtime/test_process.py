"""The life of a real process under real signals."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

PROGRAM = """
import asyncio, sys
from headrace_runtime import logs
from headrace_runtime.process import Stop, run
from headrace_runtime.settings import LogSettings

async def main(stop: Stop) -> None:
    print(type(asyncio.get_running_loop()).__module__, flush=True)
    if sys.argv[1] == "starts":
        await asyncio.Event().wait()
    stop.serving = True
    await stop.graceful.wait()
    print("graceful", flush=True)
    if sys.argv[1] == "stuck":
        await asyncio.Event().wait()
    if sys.argv[1] == "fails":
        raise RuntimeError("broken at the end")

logs.configure(LogSettings(), "test")
run(main)
"""


@asynccontextmanager
async def _program(how: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, how, stdout=PIPE, stderr=PIPE
    )
    try:
        async with asyncio.timeout(30):
            assert process.stdout is not None
            assert (await process.stdout.readline()).startswith(b"uvloop")
            yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_sigterm_ends_it_in_good_order() -> None:
    async with _program("good") as process:
        process.send_signal(signal.SIGTERM)
        out, log = await process.communicate()
    assert out.strip() == b"graceful"
    assert process.returncode == 0
    assert b"action=process.start" in log
    assert b"stopping: SIGTERM" in log
    assert b"exit_code=0" in log


async def test_sigterm_ends_it_at_once_while_it_starts() -> None:
    async with _program("starts") as process:
        process.send_signal(signal.SIGTERM)
        out, log = await process.communicate()
    assert out == b""
    assert process.returncode == 0
    assert b"stopping: SIGTERM" in log


async def test_a_second_signal_forces_the_end() -> None:
    async with _program("stuck") as process:
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        assert await process.stdout.readline() == b"graceful\n"
        process.send_signal(signal.SIGTERM)
        _, log = await process.communicate()
    assert process.returncode == 143
    assert b"action=process.force" in log


async def test_a_failure_is_the_exit_code_and_in_the_log() -> None:
    async with _program("fails") as process:
        process.send_signal(signal.SIGTERM)
        _, log = await process.communicate()
    assert process.returncode == 1
    assert b"broken at the end" in log
    assert b"action=process.failed" in log
