"""A worker process: runs handlers, below its warden, which starts it and clears away what it leaves.

The handler runs in the main thread, one job at a time; a second thread reads the socket, so that a cancel is heard
while the handler runs.
"""

from __future__ import annotations

import importlib
import os
import queue
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from headrace_agent.executors.handler.context import WorkerContext
from headrace_agent.executors.handler.frames import Cancel, FromWorker, Run, pack, receive
from headrace_agent.executors.handler.job_run import run_job
from headrace_agent.handlers.api import Handler


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
        """The second thread: ends the process when the agent has closed its end."""
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
        # Not an exit, which would wait for the handler; the warden ends what the handler has started.
        os.kill(os.getpid(), signal.SIGKILL)

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


def serve(descriptor: int, registry: str) -> None:
    """Run what the agent sends over the socket ``descriptor``, with the handlers of the module ``registry``."""
    os.set_inheritable(descriptor, False)
    connection = socket.socket(fileno=descriptor)

    def load() -> Mapping[str, Handler]:
        handlers: Mapping[str, Handler] = importlib.import_module(registry).installed()
        return handlers

    worker = Worker(connection, load)
    threading.Thread(target=worker.listen, name="agent", daemon=True).start()
    worker.serve()
