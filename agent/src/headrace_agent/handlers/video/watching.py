"""Goes through a video once, frame by frame, for all that is looked for."""

from __future__ import annotations

from typing import Any

import av
import av.container
import numpy as np
from PIL import Image

from headrace_agent.handlers.api import Context, HandlerError
from headrace_agent.handlers.video.contact_sheet import ContactSheet
from headrace_agent.handlers.video.scenes import SceneFinder
from headrace_agent.handlers.video.sightings import Sightings
from headrace_agent.handlers.vision import detector
from headrace_agent.handlers.vision.onnx_model import OnnxModel
from headrace_contracts.catalogue.video_analysis import VideoAnalysis

#: Scenes are told apart in frames of this size.
_SMALL = (64, 36)


class Watcher:
    """Shows the frames to a scene finder, samples of them to the detector, and a few to the contact sheet."""

    def __init__(
        self, payload: VideoAnalysis, length_s: float, sheet: ContactSheet, model: OnnxModel | None
    ) -> None:
        self.frames = 0
        #: Packets that could not be decoded.
        self.damaged_packets = 0
        #: Where the last frame ends.
        self.end_s = 0.0
        self._payload = payload
        self._length_s = length_s
        self._sheet = sheet
        self._model = model
        self._scenes = SceneFinder(payload.scene_threshold)
        self._sightings = Sightings()
        self._sampled = 0
        self._next_sample_s = 0.0
        self._interval_s = max(payload.sample_every_s, length_s / payload.max_samples)

    def watch(self, container: av.container.InputContainer, ctx: Context) -> None:
        """Until the end or the cancellation. Raises ``HandlerError`` when not one frame can be decoded."""
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for packet in container.demux(stream):
            if ctx.cancelled:
                return
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self.damaged_packets += 1
                continue
            for frame in frames:
                self._look(frame)
            if self._length_s and self.frames % 10 == 0:
                ctx.progress(min(95.0, 95 * self.end_s / self._length_s), f"{self.frames} frames")
        if not self.frames:
            raise HandlerError("no frame of the video can be decoded: it is damaged or cut short")

    def as_json(self) -> dict[str, Any]:
        seen = {} if self._model is None else {**self._sightings.as_json(), "model": self._model.name}
        return {**self._scenes.as_json(self.end_s), **seen}

    def _look(self, frame: av.VideoFrame) -> None:
        # A frame without a time follows the last one.
        time_s = self.end_s if frame.pts is None else max(0.0, frame.time)
        self.frames += 1
        self.end_s = time_s + float((frame.duration or 0) * (frame.time_base or 0))
        small = frame.reformat(width=_SMALL[0], height=_SMALL[1], format="rgb24")
        self._scenes.show(time_s, small.to_ndarray().astype(np.uint8, copy=False))
        sample = (
            self._model is not None
            and time_s >= self._next_sample_s
            and self._sampled < self._payload.max_samples
        )
        if not sample and not self._sheet.wants(time_s):
            return
        picture = _upright(frame)
        if self._sheet.wants(time_s):
            self._sheet.add(time_s, picture)
        if sample and self._model is not None:
            found = detector.detect(picture, model=self._model, threshold=self._payload.threshold)
            self._sightings.add(time_s, found)
            self._sampled += 1
            self._next_sample_s = time_s + self._interval_s


def _upright(frame: av.VideoFrame) -> Image.Image:
    """The frame as it is meant to be seen: telephones film sideways and note the turn."""
    picture: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]  # PyAV leaves its Pillow bridge untyped
    return picture.rotate(frame.rotation, expand=True) if frame.rotation else picture
