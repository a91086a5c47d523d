"""Ids of jobs as the dialects show them."""

from __future__ import annotations

from uuid import UUID


def job_uuid(shown: str) -> UUID:
    """The UUID in ``job_<32 hex digits>``, or in a UUID as it is usually written."""
    return UUID(shown.removeprefix("job_").removeprefix("job-"))
