"""What agents do: claim, fetch the input, hand in a result or a failure."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from headrace_api.core.claims import Claim, ClaimNext
from headrace_api.core.core import Core
from headrace_api.core.errors import BadRequestError, NoFileError, NoInputError
from headrace_api.dialects.radiance import decode
from headrace_api.dialects.radiance.encode import claimed, success
from headrace_api.dialects.radiance.returns import Returns
from headrace_api.dialects.radiance.settings import RadianceSettings
from headrace_api.http.body import BodyReader
from headrace_api.http.files import StoredFile, send_file
from headrace_api.http.proving import proving
from headrace_contracts.keys import result_json_key
from headrace_contracts.limits import REASON_CHARS
from headrace_contracts.messages.events import FailureCode

_REASON_BODY_BYTES = 256 * 1024
_NO_REASON = "No reason given"
#: A loss is seen from outside.
_CODES = frozenset({FailureCode.HANDLER, FailureCode.CRASH, FailureCode.TIMEOUT, FailureCode.TRANSFER})


class AgentRoutes:
    """Each route but ``claim`` needs the claim's token, and is a sign of life that renews the claim."""

    def __init__(self, core: Core, settings: RadianceSettings) -> None:
        self._core = core
        self._settings = settings
        self._returns = Returns(core, settings)

    async def claim(self, request: web.Request) -> web.StreamResponse:
        """``POST /airunner/agent/claim``: 204 when nothing waits."""
        claim = await self._core.claims.claim(
            ClaimNext(
                agent=decode.agent_name(request),
                models=decode.agent_models(request),
                platforms=decode.agent_platforms(request),
            )
        )
        if claim is None:
            return web.Response(status=204)
        if request.transport is None or request.transport.is_closing():
            await self._core.claims.hand_back_unheard(claim)
        return success(claimed(claim))

    async def get_input(self, request: web.Request) -> web.StreamResponse:
        """``GET /airunner/agent/get/:id``: the input file."""
        claim = await self._proven(request)
        async with self._core.claims.renewing(claim):
            if claim.input is None:
                raise NoInputError("Job has no uploaded file")
            stored = StoredFile(
                key=claim.input.key, name=claim.input.name, mime=claim.input.mime, size=claim.input.size
            )
            try:
                return await send_file(
                    request, stored, self._core.results.open, write_timeout_s=self._settings.write_timeout_s
                )
            except NoFileError:
                raise NoInputError("Job has no uploaded file") from None

    async def hand_in(self, request: web.Request) -> web.StreamResponse:
        """``POST /airunner/agent/return/:id``."""
        kind = self._returns.content_kind(request)
        claim = await self._proven(request)
        file_key = await self._returns.take(request, kind, claim)
        return success(
            {
                "id": str(claim.id),
                "status": "completed",
                "result_key": result_json_key(claim.id) if claim.export else None,
                "result_file_key": file_key,
            }
        )

    async def failed(self, request: web.Request) -> web.StreamResponse:
        """``POST /airunner/agent/failed/:id``; ``code`` beside the documented ``reason`` is ours."""
        claim = await self._proven(request)
        body = await self._said(request)
        reason = _reason(body)
        await self._core.claims.fail(claim, reason, code=_code(body))
        return success({"id": str(claim.id), "status": "failed", "reason": reason})

    async def heartbeat(self, request: web.Request) -> web.StreamResponse:
        """``POST /airunner/agent/heartbeat/:id``, ours: renews the claim."""
        claim = await self._proven(request)
        await self._core.claims.renew(claim)
        return success({"id": str(claim.id), "status": "running", "lease_s": self._settings.lease_s})

    async def hand_back(self, request: web.Request) -> web.StreamResponse:
        """``POST /airunner/agent/handback/:id``, ours: an agent that must stop gives the job back unrun."""
        claim = await self._proven(request)
        await self._core.claims.hand_back(claim, _reason(await self._said(request)))
        return success({"id": str(claim.id), "status": "queued"})

    async def _proven(self, request: web.Request) -> Claim:
        token = request.headers.get("x-claim-token", "")
        async with proving(request, self._core.guesses, token):
            return await self._core.claims.prove(decode.job_id(request), token)

    async def _said(self, request: web.Request) -> dict[str, Any]:
        """The JSON object of the body; empty for a body without anything."""
        text = await BodyReader(request, self._settings.patience).read(_REASON_BODY_BYTES)
        if not text.strip():
            return {}
        if decode.media_type(request) not in {"application/json", ""}:
            raise BadRequestError("Content-Type must be application/json")
        body: Any = decode.json_value(text, "The request body")
        if not isinstance(body, dict):
            raise BadRequestError("The request body must be a JSON object")
        return body


def _reason(body: dict[str, Any]) -> str:
    """A failure without a reason is one all the same: refusing it would leave the job running."""
    reason = decode.text_field(body.get("reason"), "reason") or _NO_REASON
    return reason.replace("\x00", "\ufffd")[:REASON_CHARS]


def _code(body: dict[str, Any]) -> FailureCode:
    """What an agent may say of a failure; any other word is the handler's refusal, as without one."""
    code = body.get("code")
    return FailureCode(code) if isinstance(code, str) and code in _CODES else FailureCode.HANDLER
