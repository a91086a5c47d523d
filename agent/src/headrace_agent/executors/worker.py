"""A worker process: ``python -m headrace_agent.executors.worker <socket fd> <agent pid> <registry module>``.

The handler runs in the main thread, one job at a time; a second thread reads the socket, so that a cancel is heard
while the handler runs. The worker never outlives the agent: the kernel kills it (PR_SET_PDEATHSIG), and the end
of the socket does the same for the rest of its process group.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import queue
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from headrace_agent.executors.handler.context import WorkerContext
from headrace_agent.executors.handler.frames import Cancel, FromWorker, Run, pack, receive
from headrace_agent.executors.handler.job_run import run_job
from headrace_agent.handlers.api import Handler

_PR_SET_PDEATHSIG: Final = 1


def die_with(agent_pid: int) -> None:
    """Have the kernel kill this process when the agent dies (prctl(2)).

    Raises SystemExit when the agent died before.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != agent_pid:
        raise SystemExit(1)


class Worker:
    """The two threads and what they share."""

    def __init__(self, connection: socket.socket, load: Callable[[], Mapping[str, Handler]]) -> None:
        self._connection = connection
        self._load = load
        self._handlers: Mapping[str, Handler] | None = None
        self._runs: queue.SimpleQueue[Run] = queue.SimpleQueue()
        self._cancel = threading.Event()
        self._current: str | None = None
        self._lock = threading.Lock()

    def listen(self) -> None:
        """The second thread: ends the process group when the agent has closed its end."""
        while (message := receive(self._connection)) is not None:
            if isinstance(message, Run):
                with self._lock:
                    self._current = message.job_id
                    self._cancel = threading.Event()
                self._runs.put(message)
            elif isinstance(message, Cancel):
                with self._lock:
                    if message.job_id == self._current:
                        self._cancel.set()
        # This process leads its group: what a handler has started ends with it.
        os.killpg(0, signal.SIGKILL)

    def serve(self) -> None:
        """The main thread: one run after another, for ever."""
        while True:
            run = self._runs.get()
            if self._handlers is None:
                self._handlers = self._load()
            with self._lock:
                cancel = self._cancel
            context = WorkerContext(
                job_id=run.job_id,
                attempt=run.attempt,
                folder=Path(run.folder),
                cancel=cancel,
                send=self._send,
            )
            answer = run_job(run, self._handlers, context)
            with self._lock:
                self._current = None
            self._send(answer)

    def _send(self, message: FromWorker) -> None:
        # A handler may report its progress from several threads.
        with self._lock:
            self._connection.sendall(pack(message))


def main(argv: list[str]) -> None:
    descriptor, agent_pid, registry = int(argv[1]), int(argv[2]), argv[3]
    die_with(agent_pid)
    # The agent decides when this process ends; Ctrl-C in its terminal is not for us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.set_inheritable(descriptor, False)
    connection = socket.socket(fileno=descriptor)

    def load() -> Mapping[str, Handler]:
        handlers: Mapping[str, Handler] = importlib.import_module(registry).installed()
        return handlers

    worker = Worker(connection, load)
    threading.Thread(target=worker.listen, name="agent", daemon=True).start()
    worker.serve()


if __name__ == "__main__":
    main(sys.argv)
