"""A client of auraflux with the key of one account."""

from __future__ import annotations

import io
from typing import Any

import aiohttp
from tests.support.site import SiteAccount
from tests.support.waiting import until

#: As much of a film as tells that it is one.
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(2000)


class Client:
    """Every call checks the status that it expects and returns the JSON of the answer."""

    def __init__(self, origin: str, session: aiohttp.ClientSession, account: SiteAccount) -> None:
        self.base = f"{origin}/auraflux/v1"
        self.session = session
        self.account = account

    async def ask(self, method: str, path: str, *, status: int | None = 200, **more: Any) -> Any:
        """``status`` None: any; the answer is then ``(status, body)``."""
        headers = {**self.account.auraflux(), **more.pop("headers", {})}
        async with self.session.request(method, self.base + path, headers=headers, **more) as answer:
            body = await answer.json()
            if status is None:
                return answer.status, body
            assert answer.status == status, f"{method} {path}: {answer.status} {body}"
            return body

    async def upload(self, content: bytes = MP4, *, status: int = 201) -> Any:
        """Send a file ahead."""
        form = aiohttp.FormData()
        form.add_field("file", io.BytesIO(content), filename="film.mp4")
        return await self.ask("POST", "/upload", status=status, data=form)

    async def submit(self, **fields: Any) -> str:
        """The id of a new job, by default from a prompt."""
        made = await self.ask(
            "POST", "/jobs", status=201, json={"entry": "prompt", "prompt": "rivers", **fields}
        )
        return str(made["jobId"])

    async def job(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.ask("GET", f"/jobs/{job_id}")
        return found

    async def produced(self, job_id: str) -> dict[str, Any]:
        """The job once what the studio handed in is recorded: it has been running since its start."""
        found: dict[str, Any] = await until(
            lambda: self.job(job_id),
            lambda shown: shown["portals"][3]["status"] == "complete",
            what=f"the production of {job_id}",
        )
        return found

    async def reached(self, job_id: str, value: str, *, field: str = "status") -> dict[str, Any]:
        """The job once its ``field`` has this value."""
        return await until(
            lambda: self.job(job_id), lambda job: job[field] == value, every_s=0.2, what=f"{value} job"
        )

    async def credits(self) -> int:
        return int((await self.ask("GET", "/account"))["credits"])

    async def download(self, url: str) -> bytes:
        """What a URL of an answer gives, without credentials."""
        async with self.session.get(url) as answer:
            assert answer.status == 200, answer.status
            return await answer.read()
