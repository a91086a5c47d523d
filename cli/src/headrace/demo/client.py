"""A small client of the radiance dialect: what a customer's program does."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp

_TIMEOUT_S = 30.0
#: Not in every machine's table of types.
_TYPES = {".glb": "model/gltf-binary", ".csv": "text/csv", ".wav": "audio/wav"}


class ApiError(Exception):
    """The API refused a request; the text is what it said."""


class RadianceClient:
    """Speaks to ``origin``, e.g. ``http://127.0.0.1:8080/radiance``. Every method raises ApiError."""

    def __init__(self, session: aiohttp.ClientSession, origin: str) -> None:
        self._session = session
        self._base = f"{origin}/airunner"

    async def submit(
        self,
        model: str,
        *,
        payload: Mapping[str, Any],
        priority: str,
        webhook_url: str,
        file: Path | None = None,
    ) -> UUID:
        """The id of the new job."""
        form = aiohttp.FormData(default_to_multipart=True)
        form.add_field("model", model)
        form.add_field("payload", json.dumps(payload))
        form.add_field("priority", priority)
        form.add_field("webhook_url", webhook_url)
        if file is None:
            return _id(await self._call("POST", "submit", data=form))
        with file.open("rb") as content:
            kind = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0]
            form.add_field("file", content, filename=file.name, content_type=kind)
            return _id(await self._call("POST", "submit", data=form))

    async def cancel(self, job_id: UUID) -> None:
        await self._call("DELETE", f"cancel/{job_id}")

    async def result(self, job_id: UUID) -> dict[str, Any]:
        """The bare result, as /result/json gives it."""
        return await self._call("GET", f"result/json/{job_id}")

    async def download(self, job_id: UUID, path: Path) -> Path:
        """The result file, written to ``path``."""
        async with self._session.get(f"{self._base}/result/file/{job_id}") as answer:
            if answer.status != 200:
                raise ApiError(f"GET result/file/{job_id}: {answer.status}: {await answer.text()}")
            with path.open("wb") as out:
                async for chunk in answer.content.iter_chunked(64 * 1024):
                    out.write(chunk)
        return path

    async def _call(self, method: str, path: str, *, data: Any = None) -> dict[str, Any]:
        try:
            async with self._session.request(method, f"{self._base}/{path}", data=data) as answer:
                text = await answer.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ApiError(f"{method} {path}: {str(error) or type(error).__name__}") from error
        if answer.status >= 300:
            raise ApiError(f"{method} {path}: {answer.status}: {text[:400]}")
        body: dict[str, Any] = json.loads(text)
        return body


def _id(answer: dict[str, Any]) -> UUID:
    return UUID(answer["result"]["id"])


@asynccontextmanager
async def radiance_client(origin: str) -> AsyncIterator[RadianceClient]:
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield RadianceClient(session, origin)
