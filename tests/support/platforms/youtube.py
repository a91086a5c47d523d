"""A server that speaks the part of YouTube Data API v3 that publishing needs, strictly: OAuth tokens, resumable uploads
in multiples of 256 KiB with 308 and Range, thumbnails, processing, quotas."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import web
from aiohttp.typedefs import Middleware

UNIT = 256 * 1024
_CHUNK = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


@dataclass(kw_only=True)
class Upload:
    """A resumable session."""

    resource: dict[str, Any]
    total: int
    mime: str
    data: bytearray = field(default_factory=bytearray)
    video_id: str = ""


@dataclass(kw_only=True)
class YouTube:
    """Listens at ``url`` while its context is open. Wants these credentials."""

    client_id: str
    client_secret: str
    refresh_token: str
    url: str = ""
    tokens: set[str] = field(default_factory=set)
    uploads: dict[str, Upload] = field(default_factory=dict)
    videos: dict[str, Upload] = field(default_factory=dict)
    thumbnails: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    #: How often a video is still processed when it is asked for.
    polls: int = 1
    processing_failure: str | None = None
    #: Uploads that may still begin; None: any number.
    quota: int | None = None
    #: Bytes of videos that came in, those that came again included.
    received: int = 0
    #: Once so many bytes have come in, ``paused`` is set and nothing more is read until ``resume`` is.
    pause_at: int | None = None
    paused: asyncio.Event = field(default_factory=asyncio.Event)
    resume: asyncio.Event = field(default_factory=asyncio.Event)
    #: The next whole chunk is kept only up to its half.
    forgetful: bool = False
    #: Sessions that were begun.
    begun: int = 0

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if form.get("grant_type") != "refresh_token":
            return web.json_response({"error": "unsupported_grant_type"}, status=400)
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            return web.json_response({"error": "invalid_client"}, status=401)
        if form.get("refresh_token") != self.refresh_token:
            body = {"error": "invalid_grant", "error_description": f"Bad {form.get('refresh_token')!r}"}
            return web.json_response(body, status=400)
        token = f"ya29.{uuid4().hex}"
        self.tokens.add(token)
        return web.json_response({"access_token": token, "expires_in": 3599, "token_type": "Bearer"})

    def authorize(self, request: web.Request) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            raise google_error(401, "authError", f"Invalid Credentials {token}")

    async def begin(self, request: web.Request) -> web.Response:
        self.authorize(request)
        if request.query.get("uploadType") != "resumable" or request.query.get("part") != "snippet,status":
            raise google_error(400, "invalidPart", "uploadType and part")
        if self.quota is not None:
            if self.quota <= 0:
                raise google_error(
                    403, "quotaExceeded", "The request cannot be completed because of your quota."
                )
            self.quota -= 1
        resource = await request.json()
        wrong = wrong_with(resource)
        if wrong:
            raise google_error(400, wrong, "The request metadata is invalid.")
        session = uuid4().hex
        self.begun += 1
        self.uploads[session] = Upload(
            resource=resource,
            total=int(request.headers["X-Upload-Content-Length"]),
            mime=request.headers["X-Upload-Content-Type"],
        )
        location = f"{self.url}/upload/youtube/v3/videos?upload_id={session}"
        return web.Response(status=200, headers={"Location": location})

    async def put(self, request: web.Request) -> web.Response:
        self.authorize(request)
        upload = self.uploads.get(request.query.get("upload_id", ""))
        if upload is None:
            raise google_error(404, "notFound", "The upload session is not there")
        content_range = request.headers.get("Content-Range", "")
        if content_range == f"bytes */{upload.total}":
            if (await request.read()) != b"":
                raise google_error(400, "badRequest", "a question has no body")
            return self._state(upload)
        found = _CHUNK.fullmatch(content_range)
        if found is None:
            raise google_error(400, "badRequest", f"Content-Range {content_range!r}")
        start, end, total = (int(group) for group in found.groups())
        size = end - start + 1
        if total != upload.total or start != len(upload.data) or request.content_length != size:
            raise google_error(400, "badRequest", f"{content_range} after {len(upload.data)} bytes")
        if end + 1 != total and size % UNIT:
            raise google_error(400, "badRequest", "a chunk must be a multiple of 262144 bytes")
        try:
            await self._receive(request, upload)
        finally:
            # What was cut off in the middle is kept in whole units.
            if len(upload.data) < end + 1:
                del upload.data[len(upload.data) // UNIT * UNIT :]
        if self.forgetful:
            self.forgetful = False
            del upload.data[start + max(UNIT, size // 2 // UNIT * UNIT) :]
        if len(upload.data) == upload.total and not upload.video_id:
            upload.video_id = uuid4().hex[:11]
            self.videos[upload.video_id] = upload
        return self._state(upload)

    async def _receive(self, request: web.Request, upload: Upload) -> None:
        async for piece in request.content.iter_chunked(64 * 1024):
            upload.data += piece
            self.received += len(piece)
            if self.pause_at is not None and self.received >= self.pause_at:
                self.pause_at = None
                self.paused.set()
                await self.resume.wait()

    def _state(self, upload: Upload) -> web.Response:
        if upload.video_id:
            body = {"kind": "youtube#video", "id": upload.video_id, **upload.resource}
            return web.json_response(body, status=201)
        headers = {"Range": f"bytes=0-{len(upload.data) - 1}"} if upload.data else {}
        return web.Response(status=308, headers=headers)

    def expire_sessions(self) -> None:
        """Forget the uploads that are not whole."""
        self.uploads = {key: upload for key, upload in self.uploads.items() if upload.video_id}

    async def thumbnail(self, request: web.Request) -> web.Response:
        self.authorize(request)
        video_id = request.query.get("videoId", "")
        if video_id not in self.videos:
            raise google_error(404, "videoNotFound", "no such video")
        self.thumbnails[video_id] = (request.content_type, await request.read())
        return web.json_response({"kind": "youtube#thumbnailSetResponse", "items": []})

    async def look(self, request: web.Request) -> web.Response:
        self.authorize(request)
        video_id = request.query.get("id", "")
        if request.query.get("part") != "status,processingDetails" or video_id not in self.videos:
            return web.json_response({"items": []})
        status, processing = {"uploadStatus": "uploaded"}, {"processingStatus": "processing"}
        if self.processing_failure is not None:
            status = {"uploadStatus": "failed", "failureReason": self.processing_failure}
        elif self.polls > 0:
            self.polls -= 1
        else:
            status, processing = {"uploadStatus": "processed"}, {"processingStatus": "succeeded"}
        return web.json_response(
            {"items": [{"id": video_id, "status": status, "processingDetails": processing}]}
        )


def wrong_with(resource: dict[str, Any]) -> str | None:
    """YouTube's reason to refuse a video's resource."""
    snippet, status = resource.get("snippet", {}), resource.get("status", {})
    title, tags = snippet.get("title", ""), snippet.get("tags", [])
    if not title or len(title) > 100 or set("<>") & set(title):
        return "invalidTitle"
    description = snippet.get("description", "")
    if len(description.encode()) > 5000 or set("<>") & set(description):
        return "invalidDescription"
    if len(",".join(f'"{tag}"' if " " in tag else tag for tag in tags)) > 500:
        return "invalidTags"
    if status.get("privacyStatus") not in {"private", "unlisted", "public"}:
        return "invalidPrivacyStatus"  # the test's own: YouTube would make it public
    if "publishAt" in status and status["privacyStatus"] != "private":
        return "invalidPublishAt"
    return None


def google_error(status: int, reason: str, message: str) -> web.HTTPException:
    """An error in Google's form."""
    kinds = {
        400: web.HTTPBadRequest, 401: web.HTTPUnauthorized, 403: web.HTTPForbidden, 404: web.HTTPNotFound,
    }  # fmt: skip
    body = {"error": {"code": status, "message": message, "errors": [{"reason": reason, "message": message}]}}
    return kinds[status](text=json.dumps(body), content_type="application/json")


@asynccontextmanager
async def youtube(
    *, credentials: Mapping[str, str], middlewares: Sequence[Middleware] = ()
) -> AsyncIterator[YouTube]:
    """A server on a free port of loopback. ``middlewares`` see a request first."""
    server = YouTube(
        client_id=credentials["client_id"],
        client_secret=credentials["client_secret"],
        refresh_token=credentials["refresh_token"],
    )
    app = web.Application(middlewares=list(middlewares), client_max_size=64 * 1024 * 1024)
    app.router.add_post("/token", server.token)
    app.router.add_post("/upload/youtube/v3/videos", server.begin)
    app.router.add_put("/upload/youtube/v3/videos", server.put)
    app.router.add_post("/upload/youtube/v3/thumbnails/set", server.thumbnail)
    app.router.add_get("/youtube/v3/videos", server.look)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        server.resume.set()
        await runner.cleanup()
