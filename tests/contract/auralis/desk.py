"""A user of auralis, and the workers that it registers."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from tests.support.site import SiteAccount


def project(content: bytes = b"echo hello\n") -> bytes:
    """A small project in a ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("run.sh", content)
    return out.getvalue()


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes
    #: None where the answer is not JSON.
    body: Any


@dataclass(frozen=True, kw_only=True)
class Auralis:
    origin: str
    session: aiohttp.ClientSession
    account: SiteAccount

    @property
    def user_id(self) -> str:
        return str(self.account.user_ref)

    async def ask(self, method: str, path: str, *, token: str | None = None, **request: Any) -> Answer:
        """One request; ``token`` is a worker's."""
        headers = dict(request.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        async with self.session.request(method, self.origin + path, headers=headers, **request) as answer:
            content = await answer.read()
            is_json = answer.content_type == "application/json"
            return Answer(
                status=answer.status,
                headers=dict(answer.headers),
                content=content,
                body=await answer.json() if is_json else None,
            )

    async def mine(self, path: str) -> Answer:
        """What the user sees at ``path``."""
        return await self.ask("GET", path, params={"user_id": self.user_id})

    async def upload(
        self,
        content: bytes | None = None,
        fields: Mapping[str, str] | None = None,
        *,
        filename: str = "project.zip",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a project; ``fields`` come before the file."""
        form = aiohttp.FormData()
        for name, value in {"user_id": self.user_id, **(fields or {})}.items():
            form.add_field(name, value)
        form.add_field("file", project() if content is None else content, filename=filename)
        return await self.ask("POST", "/api/upload", data=form, headers=headers or {})

    async def job(self, **fields: str) -> str:
        """The id of a new job."""
        answer = await self.upload(fields=fields)
        assert answer.status == 200, answer.content
        return str(answer.body["job_id"])

    async def worker(self, platform: str = "linux/amd64", name: str = "My Worker") -> str:
        """The token of a new worker."""
        body = {"user_id": self.user_id, "name": name, "platform": platform}
        answer = await self.ask("POST", "/api/worker/register", json=body)
        assert answer.status == 200, answer.content
        return str(answer.body["token"])

    async def available(self, token: str) -> list[str]:
        """The ids of the jobs that a worker is offered."""
        answer = await self.ask("GET", "/api/worker/jobs/available", token=token)
        assert answer.status == 200, answer.content
        return [job["id"] for job in answer.body]

    async def claim(self, job_id: str, token: str) -> Answer:
        return await self.ask("POST", f"/api/worker/job/{job_id}/claim", token=token)

    async def say(self, job_id: str, token: str, status: str, **fields: str) -> Answer:
        """A worker's word on its job, in the documented form."""
        form = {"status": status, **fields}
        return await self.ask("POST", f"/api/worker/job/{job_id}/status", token=token, data=form)

    async def hand_in(self, job_id: str, token: str, content: bytes, filename: str = "output.zip") -> Answer:
        form = aiohttp.FormData()
        form.add_field("file", content, filename=filename)
        return await self.ask("POST", f"/api/worker/job/{job_id}/output", token=token, data=form)
