"""Turns, scales, pads or crops decoded frames onto the canvas, ready for the encoder."""

from __future__ import annotations

import av
import av.filter
from av.video.frame import PictureType

from headrace_agent.handlers.production.canvas import Placement
from headrace_agent.handlers.production.source import Source

_TURNS = {90: ["transpose=cclock"], 180: ["hflip", "vflip"], 270: ["transpose=clock"]}


class Fitter:
    """One frame in, one out. The graph is made anew when a file changes its shape on the way."""

    def __init__(self, source: Source, placement: Placement) -> None:
        self._turn = source.turn
        self._placement = placement
        self._graph: av.filter.Graph | None = None
        self._shape: tuple[int, int, str] | None = None

    def fit(self, frame: av.VideoFrame) -> av.VideoFrame:
        """A frame of the canvas' size, yuv420p, in the colours of BT.709."""
        shape = (frame.width, frame.height, frame.format.name)
        if self._graph is None or shape != self._shape:
            self._graph, self._shape = self._make(frame), shape
        self._graph.push(frame)
        fitted = self._graph.pull()
        if not isinstance(fitted, av.VideoFrame):
            raise TypeError("a graph of video filters gives video frames")
        # The encoder chooses its own key frames.
        fitted.pict_type = PictureType.NONE
        return fitted

    def _make(self, frame: av.VideoFrame) -> av.filter.Graph:
        (width, height), (left, top) = self._placement.scaled, self._placement.offset
        whole = self._placement.canvas
        steps = [
            *_TURNS.get(self._turn, []),
            f"scale={width}:{height}:flags=bicubic:out_color_matrix=bt709:out_range=tv",
        ]
        if (width, height) != whole:
            size = f"{whole[0]}:{whole[1]}"
            pad = f"pad={size}:{max(left, 0)}:{max(top, 0)}:black"
            steps.append(f"crop={size}:{max(-left, 0)}:{max(-top, 0)}" if left < 0 or top < 0 else pad)
        steps += ["setsar=1", "format=yuv420p"]
        graph = av.filter.Graph()
        node = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
        )
        for step in steps:
            name, _, options = step.partition("=")
            following = graph.add(name, options)
            node.link_to(following)
            node = following
        end = graph.add("buffersink")
        node.link_to(end)
        graph.configure()
        return graph
