"""How the three dialects say it: submit a job, cancel it."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import aiohttp

from headrace.chaos.load.ask import AURAFLUX, NATIVE, RADIANCE, Ask
from headrace.chaos.load.work import model_of, payload_of, table_of

_JOB_PATHS = {
    NATIVE: "/v1/jobs/job_{hex}",
    RADIANCE: "/radiance/airunner/cancel/{id}",
    AURAFLUX: "/auraflux/v1/jobs/{id}",
}
_SUBMIT_PATHS = {
    NATIVE: "/v1/jobs",
    RADIANCE: "/radiance/airunner/submit",
    AURAFLUX: "/auraflux/v1/jobs",
}
_TEXT_CHARS = 500


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer; `status` 0 when there was none. `job_id` of an accepted job."""

    status: int
    text: str
    job_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """One client with its keys by dialect. No method raises: what goes wrong is the reply."""

    session: aiohttp.ClientSession = field(repr=False)
    keys: Mapping[str, str] = field(repr=False)
    webhook_url: str

    async def submit(self, origin: str, ask: Ask, *, at: float) -> Reply:
        """Ask for the job, in the same words each time: `at` is when it was first asked for."""
        headers = self._auth(ask.dialect)
        if ask.keyed:
            headers["Idempotency-Key"] = f"chaos-{ask.n}"
        url = origin + _SUBMIT_PATHS[ask.dialect]
        if ask.work == "file":
            return await self._call("POST", url, headers=headers, data=self._form(ask))
        return await self._call("POST", url, headers=headers, json=self._body(ask, at))

    async def cancel(self, origin: str, dialect: str, job_id: UUID) -> Reply:
        path = _JOB_PATHS[dialect].format(id=job_id, hex=job_id.hex)
        return await self._call("DELETE", origin + path, headers=self._auth(dialect))

    def _auth(self, dialect: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[dialect]}"} if dialect in self.keys else {}

    def _body(self, ask: Ask, at: float) -> dict[str, Any]:
        webhook = {} if not ask.webhook else {"webhook_url": self.webhook_url}
        if ask.dialect == AURAFLUX:
            body = {**payload_of(ask), "priority": ask.priority}
            return body | ({"webhookUrl": self.webhook_url} if ask.webhook else {})
        body = {"model": model_of(ask), "payload": payload_of(ask), "priority": ask.priority, **webhook}
        if ask.run_in_s is not None:
            body["run_at"] = datetime.fromtimestamp(at + ask.run_in_s, UTC).isoformat()
        return body

    def _form(self, ask: Ask) -> aiohttp.FormData:
        form = aiohttp.FormData(default_to_multipart=True)
        form.add_field("model", model_of(ask))
        form.add_field("payload", json.dumps(payload_of(ask)))
        form.add_field("priority", ask.priority)
        if ask.webhook:
            form.add_field("webhook_url", self.webhook_url)
        table = io.BytesIO(table_of(ask.n, ask.size))
        form.add_field("file", table, filename=f"chaos-{ask.n}.csv", content_type="text/csv")
        return form

    async def _call(self, method: str, url: str, **request: Any) -> Reply:
        try:
            async with self.session.request(method, url, **request) as answer:
                text = await answer.text()
                return Reply(status=answer.status, text=text[:_TEXT_CHARS], job_id=_job_id(text))
        except (TimeoutError, aiohttp.ClientError, UnicodeDecodeError) as error:
            return Reply(status=0, text=f"{type(error).__name__}: {error}"[:_TEXT_CHARS])


def _job_id(text: str) -> UUID | None:
    """The id in an answer to a submit, wherever its dialect writes it."""
    try:
        body = json.loads(text)
        shown = body.get("job_id") or body.get("jobId") or body["result"]["id"]
        return UUID(str(shown).removeprefix("job_"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
