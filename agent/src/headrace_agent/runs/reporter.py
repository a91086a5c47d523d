"""Passes on what a run says, not more often than somebody can read it."""

from __future__ import annotations

import asyncio
from typing import Final

from headrace_agent.runs.output import PIECE_CHARS, OutputBuffer
from headrace_agent.runs.ports import Channel
from headrace_contracts.limits import OUTPUT_BYTES

_PROGRESS_S: Final = 0.5
_OUTPUT_S: Final = 0.3


class Reporter:
    """The ``runs.ports.Sink`` of one run. Holds a timer only while something waits to be sent."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._loop = asyncio.get_running_loop()
        self._output = OutputBuffer(OUTPUT_BYTES)
        self._output_timer: asyncio.TimerHandle | None = None
        self._seq = 0
        self._percent = -1.0
        self._waiting: tuple[float, str] | None = None
        self._progress_timer: asyncio.TimerHandle | None = None
        self._progress_at = -_PROGRESS_S

    def output(self, data: bytes, stream: str) -> None:
        self._output.add(data, stream)
        if self._output.waiting_chars >= PIECE_CHARS:
            self._send_output()
        elif self._output_timer is None:
            self._output_timer = self._loop.call_later(_OUTPUT_S, self._send_output)

    def progress(self, percent: float, message: str) -> None:
        if percent < self._percent:
            return
        self._percent = percent
        self._waiting = (percent, message)
        if self._progress_timer is None:
            due = self._progress_at + _PROGRESS_S - self._loop.time()
            if due <= 0:
                self._send_progress()
            else:
                self._progress_timer = self._loop.call_later(due, self._send_progress)

    def close(self) -> None:
        """Send the last output. Progress that still waits is overtaken by the outcome."""
        self._output.finish()
        self._send_output()
        if self._progress_timer is not None:
            self._progress_timer.cancel()

    def _send_output(self) -> None:
        if self._output_timer is not None:
            self._output_timer.cancel()
            self._output_timer = None
        for stream, text in self._output.take():
            self._channel.output(self._seq, text, stream)
            self._seq += 1

    def _send_progress(self) -> None:
        self._progress_timer = None
        if self._waiting is not None:
            self._channel.progress(*self._waiting)
            self._waiting = None
            self._progress_at = self._loop.time()
