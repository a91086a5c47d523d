"""The radiance agent routes (seed 002, «Agent API»), as an agent calls them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from uuid import UUID

import aiohttp
import msgspec

from headrace_agent.identity import Identity
from headrace_agent.runs.outcome import OutputFile
from headrace_agent.runs.ports import LostError
from headrace_agent.transport import bytes as transfer

_TIMEOUT: Final = aiohttp.ClientTimeout(total=15, sock_connect=5)


class ApiAwayError(Exception):
    """The API gave no answer that helps; it may later."""


class ApiRefusedError(Exception):
    """The API does not take what was sent, and will not take it later."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a claim. What the seed does not document is optional."""

    id: UUID
    model: str
    claim_token: str
    payload: msgspec.Raw = msgspec.Raw(b"{}")
    upload_key: str | None = None
    upload_mime: str | None = None
    attempt: int = 1
    timeout_s: float | None = None


class _Answer(msgspec.Struct, frozen=True):
    result: Claim


class RestClient:
    """One session; every call raises ApiAwayError, ApiRefusedError or LostError."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        origin: str,
        token: str,
        identity: Identity,
        models: list[str],
    ) -> None:
        self._session = session
        self._base = f"{origin}/airunner/agent"
        self._headers = {"Authorization": f"Bearer {token}", "x-agent-id": identity.agent}
        self._claim_headers = self._headers | {
            "x-agent-models": ",".join(models),
            "x-agent-platform": identity.platform,
        }

    async def claim(self) -> Claim | None:
        """The most urgent job for this agent; None when there is none."""
        body = await self._call("POST", "claim", headers=self._claim_headers)
        if not body:
            return None
        try:
            return msgspec.json.decode(body, type=_Answer).result
        except msgspec.MsgspecError as error:
            raise ApiAwayError(f"the answer to a claim can't be read: {error}") from error

    async def heartbeat(self, claim: Claim) -> None:
        await self._call("POST", f"heartbeat/{claim.id}", headers=self._for(claim))

    async def download(self, claim: Claim, target: Path) -> None:
        """Raises TransferError too."""
        await transfer.download(
            self._session, f"{self._base}/get/{claim.id}", target, headers=self._for(claim), lost=(403, 409)
        )

    async def complete(
        self, claim: Claim, *, data: bytes | Path, file: OutputFile | None, meta: dict[str, Any]
    ) -> None:
        """Return the result. The form is made anew for every call: a body can be sent once only."""
        form = aiohttp.MultipartWriter("form-data")
        body: Any = data if isinstance(data, bytes) else transfer.chunks(data)
        part = form.append(body, {"Content-Type": "application/json"})
        part.set_content_disposition("form-data", name="data")
        part = form.append(msgspec.json.encode(meta), {"Content-Type": "application/json"})
        part.set_content_disposition("form-data", name="meta")
        if file is not None:
            part = form.append(transfer.chunks(file.path), {"Content-Type": file.mime})
            part.set_content_disposition("form-data", name="file", filename=file.name)
        await self._call(
            "POST", f"return/{claim.id}", headers=self._for(claim), data=form, timeout=transfer.TIMEOUT
        )

    async def fail(self, claim: Claim, *, reason: str, code: str) -> None:
        await self._call(
            "POST", f"failed/{claim.id}", headers=self._for(claim), json={"reason": reason, "code": code}
        )

    async def hand_back(self, claim: Claim) -> None:
        """Ours: give the job back unrun. An API without the route lets the lease run out."""
        await self._call("POST", f"handback/{claim.id}", headers=self._for(claim))

    def _for(self, claim: Claim) -> dict[str, str]:
        return self._headers | {"x-claim-token": claim.claim_token}

    async def _call(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str],
        data: Any = None,
        json: Any = None,
        timeout: aiohttp.ClientTimeout = _TIMEOUT,
    ) -> bytes:
        try:
            async with self._session.request(
                method, f"{self._base}/{path}", headers=headers, data=data, json=json, timeout=timeout
            ) as response:
                body = await response.content.read(1 << 20)
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ApiAwayError(f"{path.partition('/')[0]}: {str(error) or type(error).__name__}") from error
        if status < 400:
            return body
        problem = f"{path.partition('/')[0]}: HTTP {status} {_message(body)}".strip()
        if status in {403, 409}:
            raise LostError(problem)
        if status >= 500 or status in {401, 408, 429}:
            raise ApiAwayError(problem)
        raise ApiRefusedError(problem)


def _message(body: bytes) -> str:
    """The sentence in an error answer, for the log."""
    try:
        return str(msgspec.json.decode(body)["error"]["message"])
    except (msgspec.MsgspecError, KeyError, TypeError):
        return " ".join(body[:200].decode("utf-8", "replace").split())
