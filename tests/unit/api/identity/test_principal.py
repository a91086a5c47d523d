"""What a caller may do."""

from __future__ import annotations

from uuid import UUID

import pytest

from headrace_api.core.errors import ForbiddenError
from headrace_api.core.identity.principal import Principal

ACCOUNT, KEY, USER = UUID(int=1), UUID(int=2), UUID(int=3)


def test_a_key_needs_its_scope_and_a_person_needs_none() -> None:
    key = Principal(
        account_id=ACCOUNT, plan="operate", kind="native", key_id=KEY, scopes=frozenset({"jobs:read"})
    )
    key.require("jobs:read")
    with pytest.raises(ForbiddenError, match="'jobs:write'"):
        key.require("jobs:write")
    Principal(account_id=ACCOUNT, plan="operate", kind="session", user_id=USER).require("jobs:write")


def test_limits_count_for_the_key_then_the_person_then_the_account() -> None:
    subjects = [
        Principal(account_id=ACCOUNT, plan="operate", kind="x", key_id=key, user_id=user).subject
        for key, user in ((KEY, USER), (None, USER), (None, None))
    ]
    assert subjects == [f"key:{KEY}", f"user:{USER}", f"account:{ACCOUNT}"]


@pytest.mark.parametrize(("plan", "access"), [("starter", False), ("operate", True), ("gone", False)])
def test_plans_without_api_access_and_unknown_ones_let_no_program_in(plan: str, access: bool) -> None:
    assert Principal(account_id=ACCOUNT, plan=plan, kind="auraflux").api_access is access
