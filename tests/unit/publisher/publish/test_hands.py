"""Shares of a platform and of a destination, and how patient the runner is."""

from __future__ import annotations

from contextlib import ExitStack
from uuid import UUID

import pytest

from headrace_publisher.publish.hands import Hands
from headrace_publisher.publish.policy import Policy, patience, retry_backoff

A, B, C = (UUID(int=number) for number in range(3))


def test_a_platform_and_a_destination_have_their_share() -> None:
    hands = Hands(per_platform=4)
    with ExitStack() as stack:
        taken = [stack.enter_context(hands.of("s3", A)) for _ in range(3)]
        assert taken == [True, True, False]
        assert [stack.enter_context(hands.of("s3", each)) for each in (B, C, B)] == [True, True, False]
        assert stack.enter_context(hands.of("http", A)) is False  # its destination is busy
        assert stack.enter_context(hands.of("http", UUID(int=9))) is True
    with hands.of("s3", A) as free:
        assert free


def test_one_hand_is_enough_for_one() -> None:
    hands = Hands(per_platform=1)
    with hands.of("s3", A) as first, hands.of("s3", B) as second:
        assert (first, second) == (True, False)


def test_a_hand_is_free_again_after_a_failure() -> None:
    hands = Hands(per_platform=1)
    with pytest.raises(RuntimeError), hands.of("s3", A):
        raise RuntimeError
    with hands.of("s3", A) as free:
        assert free


def test_eight_attempts_take_about_four_hours() -> None:
    policy = Policy(attempts=8, retry=retry_backoff(5.0), patience_s=1.0, lease_s=30.0)
    delays = [policy.retry_s(failures, chance=0.0) for failures in range(1, 9)]
    assert delays == [5.0, 20.0, 80.0, 320.0, 1280.0, 5120.0, 7200.0, None]
    assert 3.5 * 3600 < sum(delay or 0 for delay in delays) < 4 * 3600


@pytest.mark.parametrize(
    ("seconds", "words"), [(259200, "3 days"), (7200, "2 hours"), (5400, "90 minutes"), (90, "90 seconds")]
)
def test_patience_in_words(seconds: float, words: str) -> None:
    assert patience(seconds) == words
