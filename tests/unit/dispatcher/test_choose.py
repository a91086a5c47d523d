"""Which jobs a REST claim is open to, and in which order its lanes are looked into."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from headrace_contracts.catalogue.registry import CATALOGUE
from headrace_contracts.ids import new_id
from headrace_contracts.jobs.lane import ANY_PLATFORM, LINUX_AMD64, LINUX_ARM64, Lane, private_pool
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.state import JobState
from headrace_contracts.messages.requests import ClaimRequest
from headrace_dispatcher.claims.choose import fits, open_to_all, order, serves
from headrace_dispatcher.claims.one import may_claim
from headrace_dispatcher.store.rows import HeldRow

GENERAL = "text-generation"
OURS = private_pool(UUID(int=9))
OPERATORS = "large-gpu"


def request(**wishes: Any) -> ClaimRequest:
    return ClaimRequest(agent="a", lease_s=1, token_hash="00", **wishes)


@pytest.mark.parametrize(
    ("wishes", "pool", "expected"),
    [
        ({}, GENERAL, True),
        ({}, OPERATORS, True),
        ({}, "project", False),
        ({}, "command", False),
        ({}, OURS, False),
        ({"models": [GENERAL]}, GENERAL, True),
        ({"models": [GENERAL]}, OPERATORS, False),
        ({"models": ["project"]}, "project", True),
        # Any agent may state a model's name: that opens nobody's own pool.
        ({"models": [OURS]}, OURS, False),
        ({"models": []}, GENERAL, False),
        ({"pools": [OURS]}, OURS, True),
        ({"pools": [OURS]}, GENERAL, False),
        ({"pools": ["project"]}, "project", True),
        ({"pools": []}, GENERAL, False),
        ({"pools": [OPERATORS], "models": [GENERAL]}, OPERATORS, True),
        ({"pools": [OPERATORS], "models": [GENERAL]}, GENERAL, True),
        ({"pools": [OPERATORS], "models": [GENERAL]}, "speech-to-text", False),
    ],
)
def test_the_pools_of_a_claim(wishes: dict[str, Any], pool: str, expected: bool) -> None:
    assert serves(request(**wishes), pool) is expected


def test_of_the_catalogue_the_pools_of_general_models_are_open_to_all() -> None:
    assert {pool for pool in CATALOGUE if open_to_all(pool)} == {
        model.id for model in CATALOGUE.values() if model.general
    }


def test_claims_look_into_the_most_urgent_then_the_oldest_lane() -> None:
    old, new = new_id(), new_id()
    normal = Lane(ANY_PLATFORM, "a", Priority.NORMAL)
    high = Lane(ANY_PLATFORM, "b", Priority.HIGH)
    arm = Lane(LINUX_ARM64, "a", Priority.NORMAL)
    private = Lane(ANY_PLATFORM, OURS, Priority.URGENT)
    heads = {normal: new, arm: old, high: new, private: old}
    assert order(heads, request()) == [high, arm, normal]
    assert order(heads, request(models=["a"])) == [arm, normal]
    assert order(heads, request(platforms=[LINUX_AMD64])) == [high, normal]
    assert order(heads, request(pools=[OURS, "b"])) == [private, high]
    assert order(heads, request(models=[])) == []


def test_platforms() -> None:
    assert fits(ANY_PLATFORM, [LINUX_ARM64])
    assert fits(LINUX_ARM64, None)
    assert fits(LINUX_ARM64, [LINUX_AMD64, LINUX_ARM64])
    assert not fits(LINUX_ARM64, [LINUX_AMD64])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"due": False}, False),
        ({"platform": LINUX_ARM64}, False),
        ({"platform": LINUX_AMD64}, True),
        ({"attempt": 3}, False),
        ({"released": True}, True),
        *[({"state": state}, state is JobState.QUEUED) for state in JobState],
    ],
)
def test_a_job_that_is_claimed_by_its_name_waits_and_fits(changes: dict[str, Any], expected: bool) -> None:
    fields: dict[str, Any] = {
        "id": new_id(), "account_id": new_id(), "state": JobState.QUEUED, "fence": 0, "epoch": 1, "attempt": 0,
        "max_attempts": 3, "agent": None, "instance": None, "claim_hash": None, "released": False,
        "platform": ANY_PLATFORM, "due": True, "model": GENERAL, "retry": None, "late": False,
        "queue_timeout_s": None,
    }  # fmt: skip
    assert may_claim(HeldRow(**{**fields, **changes}), request(platforms=[LINUX_AMD64])) is expected
