"""Makes whole frames of the half ones of old cameras."""

from __future__ import annotations

from collections.abc import Iterator

import av
import av.filter


class Deinterlacer:
    """FFmpeg's bwdif, one frame out for one in; it answers a frame late, and the last one is left out."""

    def __init__(self) -> None:
        self._graph: av.filter.Graph | None = None
        self._shape: tuple[int, int, str] | None = None

    def through(self, frame: av.VideoFrame) -> Iterator[av.VideoFrame]:
        shape = (frame.width, frame.height, frame.format.name)
        if self._graph is None or shape != self._shape:
            self._graph, self._shape = _graph(frame), shape
        self._graph.push(frame)
        while True:
            try:
                out = self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            if isinstance(out, av.VideoFrame):
                yield out


def _graph(frame: av.VideoFrame) -> av.filter.Graph:
    graph = av.filter.Graph()
    begin = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
    )
    middle, end = graph.add("bwdif", "mode=send_frame:deint=interlaced"), graph.add("buffersink")
    begin.link_to(middle)
    middle.link_to(end)
    graph.configure()
    return graph
