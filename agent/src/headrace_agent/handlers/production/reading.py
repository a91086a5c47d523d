"""Goes through a file once and hands out its frames, whatever is wrong with some of them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import av

from headrace_agent.handlers.api import Context, InputFile
from headrace_agent.handlers.production.deinterlace import Deinterlacer
from headrace_agent.handlers.production.source import Source, opened, video_stream
from headrace_agent.handlers.video.container import audio_stream


class Reading:
    """One pass through an upload. Frames are handed out one at a time and not kept."""

    def __init__(
        self, file: InputFile, source: Source, ctx: Context, *, limit_s: float | None = None
    ) -> None:
        self.damaged_packets = 0
        #: Where the last video frame that was handed out ends.
        self.end_s = 0.0
        self._file = file
        self._source = source
        self._ctx = ctx
        self._limit_s = limit_s
        self._step_s = float(1 / source.rate) if source.rate else 1 / 30

    def __iter__(self) -> Iterator[tuple[float, av.VideoFrame | av.AudioFrame]]:
        """Each frame with its time in seconds, those of each stream in order; ends early when cancelled."""
        deinterlacer = Deinterlacer() if self._source.interlaced else None
        for frame in self._frames():
            if isinstance(frame, av.AudioFrame):
                yield self._time(frame), frame
                continue
            for whole in deinterlacer.through(frame) if deinterlacer else (frame,):
                time_s = self._time(whole)
                # Sound may lie a little behind its picture in the file.
                if self._limit_s is not None and time_s > self._limit_s + 2.0:
                    return
                # The time stamps of a damaged file may claim a film of years.
                if time_s >= min(self._limit_s or math.inf, self._source.duration_s + 5.0):
                    continue
                self.end_s = time_s + (self._length(whole) or self._step_s)
                yield time_s, whole

    def _frames(self) -> Iterator[av.VideoFrame | av.AudioFrame]:
        with opened(self._file) as container:
            video, audio = video_stream(container), audio_stream(container)
            video.thread_type = "AUTO"
            packets = container.demux(video if audio is None else [video, audio])
            while not self._ctx.cancelled:
                try:
                    frames = next(packets).decode()
                except StopIteration:
                    return
                except av.EOFError:
                    return
                except av.FFmpegError:
                    self.damaged_packets += 1
                    if self.damaged_packets > 100_000:
                        return
                    continue
                for frame in frames:
                    if isinstance(frame, av.VideoFrame | av.AudioFrame):
                        yield frame

    def _time(self, frame: av.VideoFrame | av.AudioFrame) -> float:
        if frame.pts is None or frame.time is None:
            return self.end_s if isinstance(frame, av.VideoFrame) else -1.0
        return max(0.0, frame.time - self._source.origin_s)

    @staticmethod
    def _length(frame: av.VideoFrame) -> float:
        return float((frame.duration or 0) * (frame.time_base or 0))
