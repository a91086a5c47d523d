"""The agent routes of seed 002 as a server, for tests of the REST transport."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import BodyPartReader, web

TOKEN = "agent-token"


@dataclass(kw_only=True)
class RestJob:
    """A job and what became of it."""

    model: str
    payload: dict[str, Any] = field(default_factory=dict)
    body: bytes | None = None
    id: str = field(default_factory=lambda: str(uuid4()))
    claim_token: str = field(default_factory=lambda: uuid4().hex)
    state: str = "queued"
    agent: str | None = None
    data: Any = None
    meta: Any = None
    file: tuple[str, bytes] | None = None
    reason: str | None = None
    heartbeats: int = 0


class SmallRadiance:
    """Jobs in the order in which they are to be claimed."""

    def __init__(self) -> None:
        self.jobs: list[RestJob] = []
        self.claims: list[dict[str, str]] = []
        self.handed_back: list[str] = []
        #: Answers of this status instead of the next ones, as while the API restarts.
        self.failing: list[int] = []
        self.origin = ""

    def add(self, model: str, payload: dict[str, Any] | None = None, body: bytes | None = None) -> RestJob:
        self.jobs.append(RestJob(model=model, payload=payload or {}, body=body))
        return self.jobs[-1]

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard], client_max_size=1 << 26)
        base = "/airunner/agent"
        app.router.add_post(f"{base}/claim", self._claim)
        app.router.add_get(f"{base}/get/{{id}}", self._get)
        app.router.add_post(f"{base}/return/{{id}}", self._return)
        app.router.add_post(f"{base}/failed/{{id}}", self._failed)
        app.router.add_post(f"{base}/heartbeat/{{id}}", self._heartbeat)
        app.router.add_post(f"{base}/handback/{{id}}", self._hand_back)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _error(401, "UNAUTHORIZED", "Agent auth required")
        if self.failing and "claim" not in request.path:
            return _error(self.failing.pop(0), "INTERNAL", "not now")
        response: web.StreamResponse = await handler(request)
        return response

    async def _claim(self, request: web.Request) -> web.Response:
        self.claims.append(dict(request.headers))
        models = request.headers["x-agent-models"].split(",")
        for job in self.jobs:
            if job.state == "queued" and job.model in models:
                job.state, job.agent = "running", request.headers["x-agent-id"]
                upload = {"upload_key": f"uploads/{job.id}/in.txt", "upload_mime": "text/plain"}
                result = {
                    "id": job.id,
                    "model": job.model,
                    "payload": job.payload,
                    "priority": 1,
                    "claim_token": job.claim_token,
                } | (upload if job.body is not None else {"upload_key": None, "upload_mime": None})
                return web.json_response({"success": True, "result": result})
        return web.Response(status=204)

    async def _get(self, request: web.Request) -> web.Response:
        return web.Response(body=self._held(request).body, content_type="text/plain")

    async def _return(self, request: web.Request) -> web.Response:
        job = self._held(request)
        reader = await request.multipart()
        while isinstance(part := await reader.next(), BodyPartReader):
            body = bytes(await part.read())
            if part.name == "file":
                job.file = (part.filename or "", body)
            elif part.name == "data":
                job.data = json.loads(body)
            elif part.name == "meta":
                job.meta = json.loads(body)
        job.state = "completed"
        return web.json_response({"success": True, "result": {"id": job.id, "status": "completed"}})

    async def _failed(self, request: web.Request) -> web.Response:
        job = self._held(request)
        job.reason = (await request.json())["reason"]
        job.state = "failed"
        return web.json_response({"success": True, "result": {"id": job.id, "status": "failed"}})

    async def _heartbeat(self, request: web.Request) -> web.Response:
        self._held(request).heartbeats += 1
        return web.json_response({"success": True, "result": {}})

    async def _hand_back(self, request: web.Request) -> web.Response:
        job = self._held(request)
        self.handed_back.append(job.id)
        job.state = "queued"
        return web.json_response({"success": True, "result": {}})

    def _held(self, request: web.Request) -> RestJob:
        job = next(job for job in self.jobs if job.id == request.match_info["id"])
        if request.headers.get("x-claim-token") != job.claim_token:
            raise web.HTTPForbidden
        if job.state != "running":
            raise web.HTTPConflict
        return job


def _error(status: int, code: str, message: str) -> web.Response:
    body = {"success": False, "error": {"code": code, "message": message}}
    return web.json_response(body, status=status)


@asynccontextmanager
async def small_radiance() -> AsyncIterator[SmallRadiance]:
    """A running server."""
    api = SmallRadiance()
    runner = web.AppRunner(api.app(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    api.origin = f"http://{host}:{port}"
    try:
        yield api
    finally:
        await runner.cleanup()
