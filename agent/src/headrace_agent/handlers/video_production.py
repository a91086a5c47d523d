"""Produces a video: normalised for every platform, with thumbnail, title, description and tags.

From an upload (``entry`` upload), or from words alone (``entry`` prompt): then it is a narrated slide show of painted
pictures.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from headrace_agent.handlers.api import Context, Handler, HandlerError, InputFile
from headrace_agent.handlers.requirements import packages
from headrace_contracts.catalogue import video_production
from headrace_contracts.catalogue.video_production import THUMBNAIL_FILE, VideoProduction

if TYPE_CHECKING:
    from PIL import Image

    from headrace_agent.handlers.production.copywriting import Copywriter
    from headrace_agent.handlers.production.portals import Portals
    from headrace_agent.handlers.production.wording import Facts


def run(payload: VideoProduction, source: InputFile | None, ctx: Context) -> dict[str, Any]:
    """``video``, ``thumbnail``, ``title``, ``description``, ``tags``, ``copy``, ``analysis`` and ``portals``.

    Writes ``video.mp4`` and, unless switched off, ``thumbnail.jpg``. Raises ``HandlerError`` for a file that is no
    video, or that is longer than three hours.
    """
    from headrace_agent.handlers.production.portals import Portals

    portals = Portals(ctx, payload.entry)
    if payload.entry == "prompt":
        return _from_prompt(payload, ctx, portals)
    return _from_upload(payload, source, ctx, portals)


def _from_upload(
    payload: VideoProduction, source: InputFile | None, ctx: Context, portals: Portals
) -> dict[str, Any]:
    from headrace_agent.handlers.production import upload  # PyAV, NumPy, Pillow
    from headrace_agent.handlers.production.copywriting import Copywriter

    if source is None:
        raise HandlerError("entry 'upload' needs a video file (MP4 or MOV)")
    found = upload.analyse(payload, source, ctx, portals)
    if found is None:
        return {}
    facts = _facts(
        payload,
        file_name=source.name,
        duration_s=found.source.duration_s,
        scenes=found.scenes,
        objects=tuple(found.look.objects),
    )
    writer = Copywriter(facts, _seed(payload), lambda: ctx.cancelled)
    portals.enter("3 produce", "encoding")
    title = writer.title() if payload.title_card else None
    produced = upload.produce(payload, source, found, title, ctx, portals)
    if produced is None or ctx.cancelled:
        return {}
    best = found.look.best
    if title and not produced.card_s:
        ctx.log("no title card: the font has none of the title's letters")
    words = _copy(writer, produced.duration_s, portals)
    thumbnail = _thumbnail(payload, best.picture, produced.card_s + best.time_s, words["title"], ctx)
    return _result(produced.about, thumbnail, words, found.about, portals)


def _from_prompt(payload: VideoProduction, ctx: Context, portals: Portals) -> dict[str, Any]:
    from headrace_agent.handlers.production import prompting  # PyAV, NumPy, Pillow
    from headrace_agent.handlers.production.copywriting import Copywriter

    story = prompting.plan(payload, ctx, portals)
    if story is None:
        return {}
    facts = _facts(payload, file_name="", duration_s=story.duration_s, scenes=len(story.scenes), objects=())
    seed = _seed(payload)
    writer = Copywriter(facts, seed, lambda: ctx.cancelled)
    portals.enter("3 produce", "painting and encoding")
    title = writer.title() if payload.title_card else None
    made = prompting.produce(payload, story, title, seed, ctx, portals)
    if made is None or ctx.cancelled:
        return {}
    produced, cover = made
    if title and not produced.card_s:
        ctx.log("no title card: the font has none of the title's letters")
    words = _copy(writer, produced.duration_s, portals)
    thumbnail = _thumbnail(payload, cover.picture, produced.card_s + cover.time_s, words["title"], ctx)
    return _result(produced.about, thumbnail, words, story.about, portals)


def _facts(
    payload: VideoProduction, *, file_name: str, duration_s: float, scenes: int, objects: tuple[str, ...]
) -> Facts:
    from headrace_agent.handlers.production.wording import Facts

    return Facts(
        prompt=payload.prompt or "",
        file_name=file_name,
        language=payload.language,
        tone=payload.tone,
        duration_s=duration_s,
        scenes=scenes,
        objects=objects,
        title=payload.title,
        description=payload.description,
        tags=None if payload.tags is None else tuple(payload.tags),
    )


def _copy(writer: Copywriter, duration_s: float, portals: Portals) -> dict[str, Any]:
    """Portal 4: the words."""
    portals.enter("4 copy", "title, description and tags")
    copy = writer.all(duration_s)
    return {
        "title": copy.title,
        "description": copy.description,
        "tags": list(copy.tags),
        "copy": writer.origins,
    }


def _thumbnail(
    payload: VideoProduction, picture: Image.Image | None, time_s: float, title: str, ctx: Context
) -> dict[str, Any] | None:
    """Portal 4: the picture. None when it is switched off."""
    from headrace_agent.handlers.production import cards  # Pillow

    if not payload.thumbnail or picture is None:
        return None
    made = cards.thumbnail(picture, title if payload.thumbnail_title else None)
    path = ctx.extra_path(THUMBNAIL_FILE)
    made.save(path, "JPEG", **cards.JPEG_OPTIONS)
    return {
        "name": path.name,
        "mime": "image/jpeg",
        "size_bytes": path.stat().st_size,
        "width": made.width,
        "height": made.height,
        "time_s": round(time_s, 3),
    }


def _result(
    video: dict[str, Any],
    thumbnail: dict[str, Any] | None,
    words: dict[str, Any],
    analysis: dict[str, Any],
    portals: Portals,
) -> dict[str, Any]:
    return {
        "video": video,
        "thumbnail": thumbnail,
        **words,
        "analysis": analysis,
        "portals": portals.finish(),
    }


def _seed(payload: VideoProduction) -> int:
    """From the prompt, so that asking twice gives the same video."""
    return zlib.crc32((payload.prompt or "").encode()) if payload.seed is None else payload.seed


HANDLER = Handler(
    model=video_production.MODEL,
    run=run,
    missing=packages("video", "av", "numpy", "PIL", "font_source_sans_pro"),
    version="production-1",
    extra_files=True,
)
