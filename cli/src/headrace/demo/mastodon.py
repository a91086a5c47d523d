"""A server that speaks the part of Mastodon's client API that publishing needs, as strictly as Mastodon does.

The demo publishes to it and shows what arrived; the publisher is tested against it. Media of the kinds video and audio
are «processed» for a few questions (202, then 206), pictures are ready at once; a status that wants media before they
are ready is refused (422); an ``Idempotency-Key`` gives the same status again.
"""

from __future__ import annotations

import hmac
import html
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiohttp import BodyPartReader, web
from aiohttp.typedefs import Middleware

from headrace.demo.mastodon_rules import (
    CHARACTERS,
    DESCRIPTION_CHARS,
    IMAGE_BYTES,
    MIMES,
    URL_CHARACTERS,
    VIDEO_BYTES,
    VISIBILITIES,
    Media,
    Status,
    refusal,
    status_object,
    weight,
)

_PART_BYTES: Final = 64 * 1024


@dataclass(kw_only=True)
class Mastodon:
    """Listens at ``url`` while its context is open."""

    token: str = field(repr=False)
    url: str = ""
    #: How often the media is «still processing» before it is ready.
    polls: int = 2
    #: Requests that may come until the limit's reset; None: any number.
    allowance: int | None = None
    reset_s: float = 300.0
    media: dict[str, Media] = field(default_factory=dict)
    statuses: list[Status] = field(default_factory=list)
    _ids: int = 110_000

    def new_id(self) -> str:
        self._ids += 1
        return str(self._ids)

    async def instance(self, _request: web.Request) -> web.Response:
        """``GET /api/v2/instance`` (entity Instance): the limits."""
        return web.json_response(
            {
                "domain": "127.0.0.1",
                "title": "Headrace demo",
                "version": "4.4.0",
                "configuration": {
                    "statuses": {
                        "max_characters": CHARACTERS,
                        "max_media_attachments": 4,
                        "characters_reserved_per_url": URL_CHARACTERS,
                    },
                    "media_attachments": {
                        "supported_mime_types": list(MIMES),
                        "description_limit": DESCRIPTION_CHARS,
                        "image_size_limit": IMAGE_BYTES,
                        "video_size_limit": VIDEO_BYTES,
                    },
                },
            }
        )

    async def upload(self, request: web.Request) -> web.Response:
        """``POST /api/v2/media``: 200 when it is ready, 202 while it is processed."""
        if not request.content_type.startswith("multipart/"):
            raise refusal(422, "Validation failed: File can't be blank")
        parts: dict[str, tuple[str, bytes]] = {}
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name:
                mime = part.headers.get("Content-Type", "").partition(";")[0]
                parts[part.name] = (mime, await _read(part))
        mime, data = parts.get("file", ("", b""))
        description = parts.get("description", ("", b""))[1].decode()
        if not data:
            raise refusal(422, "Validation failed: File can't be blank")
        if mime not in MIMES:
            raise refusal(422, "Validation failed: File content type is invalid")
        if len(data) > (IMAGE_BYTES if mime.startswith("image/") else VIDEO_BYTES):
            raise refusal(422, "Validation failed: File file size is too large")
        if len(description) > DESCRIPTION_CHARS:
            raise refusal(422, "Validation failed: Description is too long")
        polls = 0 if mime.startswith("image/") else self.polls
        media = Media(
            id=self.new_id(), mime=mime, data=data, description=description,
            thumbnail=parts["thumbnail"][1] if "thumbnail" in parts else None, polls=polls,
        )  # fmt: skip
        self.media[media.id] = media
        return web.json_response(self._media(media), status=202 if polls else 200)

    async def ask(self, request: web.Request) -> web.Response:
        """``GET /api/v1/media/:id``: 206 while it is processed, 422 when that failed."""
        media = self.media.get(request.match_info["id"])
        if media is None or media.attached:
            raise refusal(404, "Record not found")
        if media.broken:
            raise refusal(422, "Error processing thumbnail for uploaded media")
        if media.polls > 0:
            media.polls -= 1
            return web.json_response(self._media(media), status=206)
        return web.json_response(self._media(media))

    async def post(self, request: web.Request) -> web.Response:
        """``POST /api/v1/statuses``."""
        key = request.headers.get("Idempotency-Key")
        known = next(
            (each for each in self.statuses if key is not None and each.idempotency_key == key), None
        )
        if known is not None:
            return web.json_response(status_object(known))
        asked = await _json(request)
        text, spoiler = str(asked.get("status") or ""), str(asked.get("spoiler_text") or "")
        media = self._attached(asked.get("media_ids") or [])
        if not text and not media:
            raise refusal(422, "Validation failed: Text can't be blank")
        if weight(text) + len(spoiler) > CHARACTERS:
            raise refusal(422, f"Validation failed: Text character limit of {CHARACTERS} exceeded")
        visibility = asked.get("visibility", "public")
        if visibility not in VISIBILITIES:
            raise refusal(422, "Validation failed: Visibility is not included in the list")
        for each in media:
            each.attached = True
        status_id = self.new_id()
        status = Status(
            id=status_id, text=text, visibility=visibility, sensitive=bool(asked.get("sensitive")),
            spoiler_text=spoiler, language=asked.get("language"), media=media, idempotency_key=key,
            url=f"{self.url}/@headrace/{status_id}",
        )  # fmt: skip
        self.statuses.append(status)
        return web.json_response(status_object(status))

    def _attached(self, ids: Sequence[str]) -> tuple[Media, ...]:
        if len(ids) > 4:
            raise refusal(422, "Validation failed: Cannot attach more than 4 files")
        media = [self.media.get(str(each)) for each in ids]
        if any(each is None or each.attached for each in media):
            raise refusal(422, "Validation failed: Media attachments not found")
        found = tuple(each for each in media if each is not None)
        if any(each.polls > 0 or each.broken for each in found):
            raise refusal(
                422, "Cannot attach files that have not finished processing. Try again in a moment!"
            )
        if len(found) > 1 and any(not each.mime.startswith("image/") for each in found):
            raise refusal(422, "Cannot attach a video to a post that already contains images")
        return found

    async def page(self, request: web.Request) -> web.Response:
        """Where a status can be looked at."""
        status = next((each for each in self.statuses if each.id == request.match_info["id"]), None)
        if status is None:
            raise web.HTTPNotFound
        files = "".join(
            f'<p><a href="/media/{each.id}">{html.escape(each.mime)}</a>: {html.escape(each.description)}</p>'
            for each in status.media
        )
        body = f"<!doctype html><pre>{html.escape(status.text)}</pre>{files}"
        return web.Response(text=body, content_type="text/html")

    async def file(self, request: web.Request) -> web.Response:
        """A medium as it was uploaded."""
        media = self.media.get(request.match_info["id"])
        if media is None:
            raise web.HTTPNotFound
        return web.Response(body=media.data, content_type=media.mime)

    def _media(self, media: Media) -> dict[str, Any]:
        ready = media.polls == 0
        return {
            "id": media.id,
            "type": media.mime.partition("/")[0],
            "url": f"{self.url}/media/{media.id}" if ready else None,
            "description": media.description or None,
        }

    @web.middleware
    async def strict(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """The token, and the rate limit with its headers."""
        if not request.path.startswith("/api/"):
            page: web.StreamResponse = await handler(request)
            return page
        reset = (datetime.now(UTC) + timedelta(seconds=self.reset_s)).isoformat().replace("+00:00", "Z")
        limits = {"X-RateLimit-Limit": "300", "X-RateLimit-Reset": reset}
        if self.allowance is not None:
            if self.allowance <= 0:
                return web.json_response(
                    {"error": "Too many requests"},
                    status=429,
                    headers=limits | {"X-RateLimit-Remaining": "0"},
                )
            self.allowance -= 1
        sent = request.headers.get("Authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(sent, f"Bearer {self.token}".encode()):
            raise refusal(401, "The access token is invalid")
        response: web.StreamResponse = await handler(request)
        response.headers.update(limits)
        return response


async def _read(part: BodyPartReader) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(_PART_BYTES):
        data += chunk
        if len(data) > VIDEO_BYTES:
            raise refusal(422, "Validation failed: File file size is too large")
    return bytes(data)


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        asked = await request.json()
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise refusal(422, "Validation failed: Text can't be blank")
    return asked


@asynccontextmanager
async def mastodon(token: str, *, middlewares: Sequence[Middleware] = ()) -> AsyncIterator[Mastodon]:
    """A server on a free port of loopback. ``middlewares`` see a request first."""
    server = Mastodon(token=token)
    app = web.Application(
        client_max_size=VIDEO_BYTES + 1024 * 1024, middlewares=[*middlewares, server.strict]
    )
    app.router.add_get("/api/v2/instance", server.instance)
    app.router.add_post("/api/v2/media", server.upload)
    app.router.add_get("/api/v1/media/{id}", server.ask)
    app.router.add_post("/api/v1/statuses", server.post)
    app.router.add_get("/@headrace/{id}", server.page)
    app.router.add_get("/media/{id}", server.file)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        await runner.cleanup()
