"""Jobs that failed for good: look at them, run them again, let them go."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from headrace.client.calls import call, part, value
from headrace.client.model.dead_letter import DeadLetter, DeadLetterPage, Discarded, Replayed
from headrace.client.model.job import Submitted
from headrace.client.operation import operation
from headrace.client.steps import Steps


class DeadLetterCalls:
    """``all_accounts``: those of everybody; for operators."""

    @operation
    def dead_letters(
        self,
        *,
        model: str | None = None,
        code: str | None = None,
        pool: str | None = None,
        failed_from: datetime | None = None,
        failed_to: datetime | None = None,
        all_accounts: bool = False,
        limit: int = 20,
        cursor: str | None = None,
    ) -> Steps[DeadLetterPage]:
        """A page of the list, youngest job first."""
        which = _which(model, code, pool, failed_from, failed_to)
        params = {**which, **_whose(all_accounts), "limit": limit, "cursor": cursor}
        return value((yield from call("GET", "/v1/dead-letters", params=params)), DeadLetterPage)

    @operation
    def dead_letter(self, job_id: str, *, all_accounts: bool = False) -> Steps[DeadLetter]:
        """One, with every attempt and the end of what it wrote. Raises NotFoundError."""
        path = f"/v1/dead-letters/{part(job_id)}"
        return value((yield from call("GET", path, params=_whose(all_accounts))), DeadLetter)

    @operation
    def replay(self, job_id: str, *, all_accounts: bool = False) -> Steps[Submitted]:
        """Make a new job of one, once. Raises NotFoundError or ConflictError (it was settled before)."""
        path, params = f"/v1/dead-letters/{part(job_id)}/replay", _whose(all_accounts)
        return value((yield from call("POST", path, params=params, key=str(uuid.uuid4()))), Submitted)

    @operation
    def replay_dead_letters(
        self,
        *,
        model: str | None = None,
        code: str | None = None,
        pool: str | None = None,
        failed_from: datetime | None = None,
        failed_to: datetime | None = None,
        all_accounts: bool = False,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Steps[Replayed]:
        """Make new jobs of the oldest ``limit`` (at most 500) of those that the filters let through."""
        which = _which(model, code, pool, failed_from, failed_to)
        body = {**which, "all_accounts": all_accounts, "limit": limit, "cursor": cursor}
        return value((yield from call("POST", "/v1/dead-letters/replay", json=body)), Replayed)

    @operation
    def discard_dead_letter(self, job_id: str, *, all_accounts: bool = False) -> Steps[None]:
        """Take one off the list. Raises NotFoundError or ConflictError (it was settled before)."""
        yield from call("DELETE", f"/v1/dead-letters/{part(job_id)}", params=_whose(all_accounts))

    @operation
    def discard_dead_letters(
        self,
        *,
        model: str | None = None,
        code: str | None = None,
        pool: str | None = None,
        failed_from: datetime | None = None,
        failed_to: datetime | None = None,
        all_accounts: bool = False,
        limit: int = 100,
    ) -> Steps[Discarded]:
        """Take the oldest ``limit`` (at most 500) of those that the filters let through off the list."""
        which = _which(model, code, pool, failed_from, failed_to)
        body = {**which, "all_accounts": all_accounts, "limit": limit}
        return value((yield from call("POST", "/v1/dead-letters/discard", json=body)), Discarded)


def _which(
    model: str | None,
    code: str | None,
    pool: str | None,
    failed_from: datetime | None,
    failed_to: datetime | None,
) -> dict[str, Any]:
    return {
        "model": model,
        "code": code,
        "pool": pool,
        "failed_from": None if failed_from is None else failed_from.astimezone().isoformat(),
        "failed_to": None if failed_to is None else failed_to.astimezone().isoformat(),
    }


def _whose(all_accounts: bool) -> dict[str, Any]:
    return {"all_accounts": "true"} if all_accounts else {}
