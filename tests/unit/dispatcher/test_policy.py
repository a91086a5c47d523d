"""Which policy holds, how long it waits, and what is said at the end."""

from __future__ import annotations

import msgspec
import pytest

from headrace_contracts.jobs.retry import DEFAULT_RETRY, RetryPolicy
from headrace_contracts.messages.events import FailureCode
from headrace_dispatcher.recorder.policy import last_loss, policy_of, wait_s

MODEL = "text-generation"


def test_a_job_without_a_policy_has_its_models() -> None:
    assert policy_of(MODEL, None, 3) == DEFAULT_RETRY
    assert policy_of("no such model", None, 3) == DEFAULT_RETRY


def test_the_jobs_own_policy_goes_first_and_the_rows_count_binds() -> None:
    own = RetryPolicy(max_attempts=9, backoff_s=7.0, retry_on=frozenset({FailureCode.HANDLER}))
    assert policy_of(MODEL, own.text, 4) == msgspec.structs.replace(own, max_attempts=4)


@pytest.mark.parametrize("text", ["{", '{"retry_on": ["a code of tomorrow"]}', "7"])
def test_a_policy_that_nobody_can_read_is_the_models(text: str) -> None:
    assert policy_of(MODEL, text, 3) == DEFAULT_RETRY


def test_waits_grow_up_to_the_longest_and_shrink_by_luck() -> None:
    policy = RetryPolicy(backoff_s=2.0, factor=3.0, longest_s=20.0, jitter=0.5)
    waits = [wait_s(policy, FailureCode.CRASH, attempt, 0.0) for attempt in range(1, 6)]
    assert waits == [2.0, 6.0, 18.0, 20.0, 20.0]
    assert [wait_s(policy, FailureCode.CRASH, 2, luck) for luck in (0.5, 1.0)] == [4.5, 3.0]
    assert wait_s(policy, FailureCode.CRASH, 10_000, 0.0) == 20.0


def test_a_lost_attempt_has_waited_for_its_lease_already() -> None:
    assert wait_s(DEFAULT_RETRY, FailureCode.LOST, 2, 0.0) == 0.0


def test_no_attempt_follows_the_last_one() -> None:
    policy = RetryPolicy(max_attempts=2)
    assert policy.retries(FailureCode.CRASH, 1)
    assert not policy.retries(FailureCode.CRASH, 2)
    assert not policy.retries(FailureCode.HANDLER, 1)
    assert not policy.retries(None, 1)


@pytest.mark.parametrize(
    ("policy", "attempt", "lost_before", "says"),
    [
        (DEFAULT_RETRY, 3, 2, "that was attempt 3, the last one, and all before it were lost, too"),
        (DEFAULT_RETRY, 3, 1, "attempt 3, the last one"),
        (RetryPolicy(max_attempts=1), 1, 0, "that was attempt 1, the last one"),
        (RetryPolicy(retry_on=frozenset({FailureCode.CRASH})), 1, 0, "allows no other attempt"),
    ],
)
def test_the_reason_says_why_it_is_not_tried_again(
    policy: RetryPolicy, attempt: int, lost_before: int, says: str
) -> None:
    assert says in last_loss("the agent was lost", policy, attempt, lost_before)
