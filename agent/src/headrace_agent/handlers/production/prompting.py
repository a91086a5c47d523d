"""Entry ``prompt``: portals 1 to 3 of a video that is made from words alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image

from headrace_agent.handlers.api import Context, HandlerError
from headrace_agent.handlers.production import narration, slides, storyboard
from headrace_agent.handlers.production.cadence import output_rate
from headrace_agent.handlers.production.canvas import canvas
from headrace_agent.handlers.production.loudness import Leveller, Loudness
from headrace_agent.handlers.production.narration import Narration
from headrace_agent.handlers.production.opening import card_frames
from headrace_agent.handlers.production.portals import Portals
from headrace_agent.handlers.production.scoring import Score, judge
from headrace_agent.handlers.production.sound import RATE_HZ, Block
from headrace_agent.handlers.production.storyboard import Scene
from headrace_agent.handlers.production.upload import Produced, described, limited
from headrace_agent.handlers.production.writer import Mp4Writer, writing
from headrace_contracts.catalogue.video_production import VIDEO_FILE, VideoProduction

_FPS: Final = 25
_WIDE: Final = (16.0, 9.0)
_REPORTED_FRAMES: Final = 20
#: How many painting styles image-generation knows.
_STYLES: Final = 26


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """What portals 1 and 2 made of the prompt."""

    prompt: str
    scenes: tuple[Scene, ...]
    narration: Narration | None
    loudness: Loudness | None
    about: dict[str, Any]

    @property
    def duration_s(self) -> float:
        return self.scenes[-1].end_s


class Cover:
    """The scene's picture that makes the best thumbnail so far."""

    def __init__(self) -> None:
        self.picture: Image.Image | None = None
        self.time_s = 0.0
        self.score: Score | None = None

    def show(self, picture: Image.Image, time_s: float) -> None:
        score = judge(picture)
        if self.score is None or score.total > self.score.total:
            self.picture, self.time_s, self.score = picture, time_s, score


def plan(payload: VideoProduction, ctx: Context, portals: Portals) -> Story | None:
    """None when cancelled. Raises ``HandlerError`` for a prompt without words, or a voice that isn't installed."""
    portals.enter("1 intake", "reading the prompt")
    prompt = payload.prompt or ""
    texts = storyboard.split(prompt)
    if not texts:
        raise HandlerError("the prompt holds no words")
    portals.enter("2 analyse", f"{len(texts)} scenes")
    silent = narration.absent(payload)
    spoken = narration.narrate(texts, payload, ctx, portals.report)
    if ctx.cancelled:
        return None
    lengths = [spoken.length_s(index) if spoken else None for index in range(len(texts))]
    card_s = payload.title_card_s if payload.title_card else 0.0
    scenes = storyboard.timed(texts, lengths, limited(payload, card_s))
    loudness = spoken.loudness(scenes, scenes[-1].end_s) if spoken else None
    about: dict[str, Any] = {
        "scene_count": len(scenes),
        "narration": {"voice": spoken.voice} if spoken else None,
        "loudness": loudness.as_json() if loudness else None,
    }
    if spoken is None:
        about["silent_because"] = silent or "the voice can read none of the prompt"
    return Story(prompt=prompt, scenes=tuple(scenes), narration=spoken, loudness=loudness, about=about)


def produce(
    payload: VideoProduction, story: Story, title: str | None, seed: int, ctx: Context, portals: Portals
) -> tuple[Produced, Cover] | None:
    """Portal 3. ``title`` is what the title card shows, None for no card. None when cancelled."""

    def stopped() -> bool:
        return ctx.cancelled

    size = canvas("16:9" if payload.aspect == "source" else payload.aspect, payload.resolution, _WIDE)
    rate = output_rate(None, payload.fps or _FPS)
    path = ctx.output_path(VIDEO_FILE)
    cover, told = Cover(), []
    # One style for all, or the scenes do not look like one film.
    style = random.Random(seed).randrange(_STYLES) if payload.style is None else payload.style  # noqa: S311  # no secret
    with writing(
        path, size, rate, sound=story.narration is not None, title=payload.title, language=payload.language
    ) as writer:
        scenes, card_s, last = len(story.scenes), 0.0, None
        voice = _Voice(writer, story, payload)
        for index, scene in enumerate(story.scenes):
            share = scene.start_s / story.duration_s
            portals.report(share, f"painting scene {index + 1} of {scenes}")
            picture, about = slides.paint(
                scene.text, story.prompt, size, seed=(seed + index) % 2**32, style=style, ctx=ctx
            )
            if stopped():
                return None
            if index == 0:
                card_s = _opening(writer, title, picture, payload.title_card_s)
                voice.begin(card_s)
            slide = slides.Slide(
                picture, slides.camera(index, seed), size, scene.text if payload.captions else None
            )
            for number, frame in enumerate(slides.slide_frames(slide, scene, rate, last)):
                writer.show_picture(frame)
                last = frame
                if number % _REPORTED_FRAMES == 0:
                    voice.catch_up()
                    done = (scene.start_s + float(number / rate)) / story.duration_s
                    portals.report(done, f"scene {index + 1} of {scenes}, {writer.frames} frames")
                    if stopped():
                        return None
            cover.show(picture, scene.start_s)
            told.append(_told(scene, about))
        voice.end()
    story.about["scenes"] = told
    story.about["best_frame"] = {
        "time_s": round(cover.time_s, 3),
        **(cover.score.as_json() if cover.score else {}),
    }
    made = described(writer, path.name, path.stat().st_size)
    gain = _gain_db(story, payload)
    made |= {"title_card_s": round(card_s, 3), "gain_db": round(gain, 1) if story.narration else None}
    return Produced(about=made, duration_s=writer.duration_s, card_s=card_s), cover


def _opening(writer: Mp4Writer, title: str | None, picture: Image.Image, length_s: float) -> float:
    """The title card, if there is a title; returns how long it really is."""
    if title:
        for frame in card_frames(title, "", picture, writer.size, round(length_s * writer.rate)):
            writer.show_picture(frame)
    return writer.duration_s


def _gain_db(story: Story, payload: VideoProduction) -> float:
    return story.loudness.gain_db if story.loudness and payload.normalize_audio else 0.0


class _Voice:
    """Brings the narration to the writer as the pictures go on, so that both lie side by side in the file."""

    def __init__(self, writer: Mp4Writer, story: Story, payload: VideoProduction) -> None:
        self._writer = writer
        self._story = story
        self._leveller = Leveller(_gain_db(story, payload))
        self._blocks: Iterator[Block] = iter(())

    def begin(self, at_s: float) -> None:
        """The first scene begins at ``at_s``; there is silence before."""
        if self._story.narration is not None:
            scenes = [
                Scene(text=scene.text, start_s=scene.start_s + at_s, length_s=scene.length_s)
                for scene in self._story.scenes
            ]
            self._blocks = self._story.narration.blocks(scenes, self._story.duration_s + at_s)

    def catch_up(self) -> None:
        while self._writer.samples < self._writer.duration_s * RATE_HZ and self._play_one():
            pass

    def end(self) -> None:
        while self._play_one():
            pass
        for levelled in self._leveller.end():
            self._writer.play(levelled)

    def _play_one(self) -> bool:
        block = next(self._blocks, None)
        if block is None:
            return False
        for levelled in self._leveller.level(block):
            self._writer.play(levelled)
        return True


def _told(scene: Scene, about: dict[str, Any]) -> dict[str, Any]:
    times = {"start_s": round(scene.start_s, 3), "end_s": round(scene.end_s, 3)}
    return {"text": scene.text, **times, "generator": about["generator"], "style": about.get("style")}
