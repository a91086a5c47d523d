"""What this dialect's answers hold."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from headrace_api.core.claims import Claimed
from headrace_api.core.submit import SubmittedJob
from headrace_api.http.responses import json_response
from headrace_contracts.catalogue.model import Model
from headrace_contracts.catalogue.validation import payload_schema
from headrace_contracts.jobs.timing import iso_ms


def success(result: Any, *, status: int = 200) -> web.Response:
    """The standard success response."""
    return json_response({"success": True, "result": result}, status=status)


def model_object(model: Model) -> dict[str, Any]:
    """An entry of ``/models``; models without a file have no ``allowedFileTypes``, as in the text."""
    entry: dict[str, Any] = {
        "id": model.id,
        "name": model.name,
        "description": model.description,
        "requiresFile": model.requires_file,
    }
    if model.takes_file:
        entry["allowedFileTypes"] = list(model.allowed_file_types)
    entry["payloadSchema"] = payload_schema(model)
    return entry


def batch_item(job: SubmittedJob) -> dict[str, Any]:
    """A job in the answer to a batch. A job is shown as queued; it may run before the answer arrives."""
    return {
        "id": str(job.id),
        "model": job.model,
        "priority": int(job.priority),
        "status": "queued",
        "created_at": iso_ms(job.created_at),
        "upload_key": job.input.key if job.input is not None else None,
        "upload_mime": job.input.mime if job.input is not None else None,
    }


def submitted(job: SubmittedJob) -> dict[str, Any]:
    """The answer to a submit."""
    return {**batch_item(job), "webhook_url": job.webhook_url}


def claimed(claim: Claimed) -> dict[str, Any]:
    """The answer to a claim."""
    job = claim.job
    return {
        "id": str(job.id),
        "model": job.model,
        "payload": job.payload,
        "priority": job.priority,
        "upload_key": job.input.key if job.input is not None else None,
        "upload_mime": job.input.mime if job.input is not None else None,
        "claim_token": claim.token,
    }
