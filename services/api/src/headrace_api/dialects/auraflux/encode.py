"""What this dialect's answers hold. Every key is always there; null stands for what does not exist (yet)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from headrace_api.core.files import ClientFile
from headrace_api.core.results import Result
from headrace_api.core.templates import Template
from headrace_api.core.waiting import WaitingReason
from headrace_api.dialects.auraflux.options import show_options
from headrace_api.dialects.auraflux.portals import portals, produced
from headrace_api.dialects.auraflux.status import DONE, Status, status_of
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.timing import iso_ms
from headrace_contracts.jobs.view import JobView
from headrace_store.jobs.find import Publication

#: How a publication's state is called.
_PUBLISHED = {"held": "pending", "pending": "pending"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Links:
    """Presigned URLs; None for what there is not."""

    video: str | None = None
    thumbnail: str | None = None


def summary(view: JobView, *, video: str | None) -> dict[str, Any]:
    """A job in a list. ``video``: where it downloads from."""
    status = status_of(view)
    return {
        "jobId": str(view.id),
        "status": status,
        # Only the entry «upload» has a file.
        "entry": "prompt" if view.input is None else "upload",
        "progress": _progress(view),
        "staging": view.staging,
        "publishAt": _time(view.publish_at),
        "priority": view.priority.word,
        "fromTemplateId": None if view.template_id is None else str(view.template_id),
        "creditsCharged": view.credits,
        "creditsRefunded": refunded(view),
        "createdAt": iso_ms(view.created_at),
        "startedAt": _time(view.started_at),
        "completedAt": _time(view.finished_at if view.final else None),
        "outputUrl": video if status in DONE else None,
        "error": _error(view),
    }


def job_object(
    view: JobView,
    *,
    publications: Sequence[Publication],
    links: Links,
    waiting: WaitingReason | None,
    now: datetime,
) -> dict[str, Any]:
    """``GET /v1/jobs/:id``: the summary and all else."""
    status = status_of(view)
    return {
        **summary(view, video=links.video),
        "progressMessage": view.progress_message if status is Status.RUNNING else None,
        "portals": portals(view, now=now),
        "platforms": [platform_object(each) for each in publications],
        "thumbnailUrl": links.thumbnail if status in DONE else None,
        # For the review that a staged job waits for.
        "previewUrl": links.video if status is Status.STAGED else None,
        "waitingReason": None if waiting is None else {"code": waiting.code, "message": waiting.message},
    }


def platform_object(publication: Publication) -> dict[str, Any]:
    """One platform of a job: pending, published, failed or cancelled."""
    return {
        "platform": publication.name,
        "status": _PUBLISHED.get(publication.state, publication.state),
        "url": publication.url,
        "error": publication.error,
    }


def result_object(result: Result, publications: Sequence[Publication], links: Links) -> dict[str, Any]:
    """``GET /v1/jobs/:id/result``."""
    view = result.document.job
    copy = _copy(result.data)
    return {
        "jobId": str(view.id),
        "status": status_of(view),
        "videoUrl": links.video,
        "thumbnailUrl": links.thumbnail,
        "title": copy.get("title"),
        "description": copy.get("description"),
        "tags": copy.get("tags", []),
        "publishResults": [platform_object(each) for each in publications],
        "completedAt": _time(view.finished_at),
    }


def template_object(template: Template) -> dict[str, Any]:
    return {
        "id": str(template.id),
        "name": template.name,
        "options": show_options(template.options),
        "createdAt": iso_ms(template.created_at),
    }


def file_object(file: ClientFile) -> dict[str, Any]:
    return {
        "fileId": str(file.id),
        "filename": file.name,
        "size": file.size,
        "format": file.mime.rpartition("/")[2],
        "expiresAt": iso_ms(file.expires_at),
    }


def refunded(view: JobView) -> int:
    """Credits that came back (migration 0002, ``jobs_refund``)."""
    back = view.state is JobState.FAILED or (view.state is JobState.CANCELLED and view.started_at is None)
    return view.credits if back else 0


def _progress(view: JobView) -> float:
    """Of the agent's part, 0 to 100."""
    if produced(view):
        return 100.0
    return round(view.progress or 0.0, 1) if view.started_at is not None else 0.0


def _error(view: JobView) -> dict[str, Any] | None:
    if view.state is not JobState.FAILED:
        return None
    return {"code": view.failure_code or "failed", "message": view.failure_reason or "The job failed"}


def _copy(data: bytes | None) -> dict[str, Any]:
    """What the agent wrote for publishing: ``title``, ``description`` and ``tags`` of its JSON result."""
    value = None if data is None else msgspec.json.decode(data)
    return value if isinstance(value, dict) else {}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else iso_ms(moment)
