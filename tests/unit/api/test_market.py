"""Which jobs are offered to whom."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from headrace_api.core.market import fits, offered
from headrace_api.core.submit import PUBLIC_ACCOUNT
from headrace_contracts.jobs.lane import private_pool
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView

_MINE, _THEIRS = uuid4(), uuid4()


def _job(**fields: Any) -> JobView:
    known: dict[str, Any] = {
        "id": uuid4(),
        "account_id": _THEIRS,
        "dialect": "native",
        "model": "project",
        "platform": "linux-amd64",
        "pool": "project",
        "priority": Priority.NORMAL,
        "state": JobState.QUEUED,
        "created_at": datetime.now(UTC),
    }
    return JobView(**{**known, **fields})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"state": JobState.CLAIMED}, True),
        ({"state": JobState.SCHEDULED}, False),
        ({"state": JobState.STAGED}, False),
        ({"model": "text-generation", "pool": "text-generation"}, False),
        ({"account_id": PUBLIC_ACCOUNT, "model": "text-generation", "pool": "text-generation"}, True),
        ({"account_id": _MINE, "model": "text-generation", "pool": "text-generation"}, True),
        ({"account_id": _MINE, "state": JobState.SCHEDULED}, True),
        ({"account_id": _MINE, "model": "command", "pool": private_pool(_MINE)}, True),
        ({"model": "command", "pool": private_pool(_THEIRS)}, False),
        ({"pool": private_pool(_THEIRS)}, False),
        ({"account_id": PUBLIC_ACCOUNT, "pool": private_pool(PUBLIC_ACCOUNT)}, False),
    ],
)
def test_offered_to_machines_of_my_account(fields: dict[str, Any], expected: bool) -> None:
    assert offered(_job(**fields), _MINE) is expected


@pytest.mark.parametrize(
    ("job", "machine", "expected"),
    [
        ("linux-amd64", "linux-amd64", True),
        ("linux-amd64", "linux-arm64", False),
        ("any", "linux-arm64", True),
        ("linux-arm64", "any", True),
    ],
)
def test_platform_fits(job: str, machine: str, expected: bool) -> None:
    assert fits(_job(platform=job), machine) is expected
