"""One worker process and its warden, seen from the agent."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Final

from headrace_agent.executors.handler.frames import FromWorker, ToWorker, pack, read_from_worker
from headrace_agent.executors.handler.pipes import OutputPipe
from headrace_agent.executors.handler.tree import below

#: A process that was sent SIGKILL is gone in moments, unless it hangs in the kernel.
_KILLED_S: Final = 2.0


#: Logins of the agent, and of services whose settings it may have been given with its own: no handler needs them.
_NOT_FOR_HANDLERS: Final = re.compile(
    r"HEADRACE_(NATS|POSTGRES|S3|PROVISION)_?.*"
    r"|HEADRACE_.*_(TOKEN|SECRET|PASSWORD|KEY|CREDS)"
    r"|OTEL_EXPORTER_OTLP_(.*_)?HEADERS"
)


def worker_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """What a worker inherits: all but the site's logins."""
    kept = {name: value for name, value in environ.items() if not _NOT_FOR_HANDLERS.fullmatch(name)}
    # Printed lines must be in the pipe before a crash.
    return kept | {"PYTHONUNBUFFERED": "1"}


class WorkerProcess:
    """Starts, talks to and ends one worker. The process that it knows is the warden, which ends as the worker ends."""

    def __init__(
        self, process: subprocess.Popen[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        assert process.stdout is not None  # noqa: S101 - both were asked for by start()
        assert process.stderr is not None  # noqa: S101 - as above
        self._process = process
        self._reader = reader
        self._writer = writer
        self.stdout = OutputPipe(os.dup(process.stdout.fileno()))
        self.stderr = OutputPipe(os.dup(process.stderr.fileno()))
        process.stdout.close()
        process.stderr.close()
        self._ended = asyncio.Event()
        self._pidfd = os.pidfd_open(process.pid)
        asyncio.get_running_loop().add_reader(self._pidfd, self._on_end)
        #: The models that it has run: what is likely to be loaded.
        self.models: set[str] = set()
        self.jobs = 0
        self.rss_bytes = 0

    @classmethod
    async def start(cls, registry: str) -> WorkerProcess:
        """Raises OSError when the machine can't start another process."""
        ours, theirs = socket.socketpair()
        try:
            process = subprocess.Popen(  # noqa: ASYNC220 - vfork and exec, about 1 ms
                [
                    sys.executable,
                    "-m",
                    "headrace_agent.executors.warden",
                    str(theirs.fileno()),
                    str(os.getpid()),
                    registry,
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
                env=worker_environ(os.environ),
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        reader, writer = await asyncio.open_connection(sock=ours)
        return cls(process, reader, writer)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return not self._ended.is_set()

    @property
    def returncode(self) -> int | None:
        """As in ``subprocess``: negative for a signal."""
        return self._process.returncode

    def attach(self, sink: Callable[[bytes, str], None]) -> None:
        """What is printed from now on goes to ``sink``."""
        for pipe, name in ((self.stdout, "stdout"), (self.stderr, "stderr")):
            pipe.drain()
            pipe.forget()
            pipe.sink = lambda data, name=name: sink(data, name)  # type: ignore[misc] # mypy: default of a lambda

    def detach(self) -> None:
        """What is printed from now on belongs to no job."""
        self.attach(lambda _data, _stream: None)

    def drain(self) -> None:
        """Read all that it has printed up to now."""
        self.stdout.drain()
        self.stderr.drain()

    async def send(self, message: ToWorker) -> None:
        with contextlib.suppress(ConnectionError):  # its end is noticed by receive()
            self._writer.write(pack(message))
            await self._writer.drain()

    async def receive(self) -> FromWorker | None:
        """The next message; None when the worker is gone or going. Raises FrameError."""
        return await read_from_worker(self._reader)

    async def alone(self) -> bool:
        """True when nothing that a handler has started is left below the worker."""
        return len(await asyncio.to_thread(below, self.pid)) <= 1

    def terminate(self) -> None:
        """SIGTERM to the worker and to all that it has started, wherever it went."""
        self._tell_warden(signal.SIGTERM)

    async def end(self, timeout_s: float) -> None:
        """SIGKILL to the worker and to all that it has started, wherever it went."""
        self._tell_warden(signal.SIGHUP)
        if not await self.wait(timeout_s):
            # The warden itself does not answer. The kernel kills the worker with it.
            self._tell_warden(signal.SIGKILL)
            await self.wait(timeout_s)

    async def wait(self, timeout_s: float) -> bool:
        """True when it has ended within ``timeout_s``."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._ended.wait()
        return self._ended.is_set()

    async def kill(self) -> None:
        """End it with all that it has started, and forget it."""
        await self.end(_KILLED_S)
        self.close()

    def close(self) -> None:
        self._writer.close()
        self.stdout.close()
        self.stderr.close()
        self._close_pidfd()

    def _on_end(self) -> None:
        # Should somebody have killed the warden: its group, as long as the dead leader still holds the number.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.poll()
        self._close_pidfd()
        self._ended.set()

    def _tell_warden(self, number: signal.Signals) -> None:
        if self.alive:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self.pid, number)

    def _close_pidfd(self) -> None:
        if self._pidfd >= 0:
            asyncio.get_running_loop().remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = -1
