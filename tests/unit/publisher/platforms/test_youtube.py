"""YouTube's limits, reasons and ranges."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from headrace_publisher.platforms.platform import Failed, Wait
from headrace_publisher.platforms.youtube import limits
from headrace_publisher.platforms.youtube.answers import confirmed, judge_youtube, processed
from headrace_publisher.web.answer import Answer

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def answer(status: int, reason: str = "", **headers: str) -> Answer:
    body = {"error": {"message": "no", "errors": [{"reason": reason}]}} if reason else {}
    return Answer(status=status, headers=headers, body=json.dumps(body).encode())


@pytest.mark.parametrize(
    ("header", "size"),
    [(None, 0), ("bytes=0-0", 1), ("bytes=0-262143", 262144), ("bytes=5-9", 0), ("0-9", 0), ("bytes=0-x", 0)],
)
def test_how_much_the_server_has(header: str | None, size: int) -> None:
    assert confirmed(answer(308, **({"Range": header} if header else {}))) == size


@pytest.mark.parametrize(
    ("now", "reset"),
    [
        (datetime(2026, 11, 22, 7, 59, tzinfo=UTC), datetime(2026, 11, 22, 8, 1, tzinfo=UTC)),
        (datetime(2026, 11, 22, 8, 0, tzinfo=UTC), datetime(2026, 11, 23, 8, 1, tzinfo=UTC)),
        # The day on which summer time ends there has 25 hours.
        (datetime(2026, 11, 1, 8, 0, tzinfo=UTC), datetime(2026, 11, 2, 8, 1, tzinfo=UTC)),
        (datetime(2026, 7, 1, 8, 0, tzinfo=UTC), datetime(2026, 7, 2, 7, 1, tzinfo=UTC)),
    ],
)
def test_quotas_are_new_at_midnight_in_california(now: datetime, reset: datetime) -> None:
    assert limits.quota_reset(now) == reset


@pytest.mark.parametrize(
    ("status", "reason", "wait"),
    [
        (403, "quotaExceeded", timedelta(hours=20, minutes=1)), (403, "rateLimitExceeded", timedelta(seconds=60)),
        (400, "uploadLimitExceeded", timedelta(hours=12)),
    ],
)  # fmt: skip
def test_limits_are_waited_for(status: int, reason: str, wait: timedelta) -> None:
    found = judge_youtube("upload", answer(status, reason), now=NOW)
    assert isinstance(found, Wait)
    assert found.until == NOW + wait


@pytest.mark.parametrize(
    ("status", "reason", "permanent"),
    [(403, "forbidden", True), (401, "", True), (400, "invalidTitle", True), (500, "backendError", False)],
)
def test_other_reasons_are_told(status: int, reason: str, permanent: bool) -> None:
    found = judge_youtube("upload", answer(status, reason), now=NOW)
    assert isinstance(found, Failed)
    assert found.permanent is permanent
    assert reason in found.reason


@pytest.mark.parametrize(
    ("video", "verdict"),
    [
        ({"status": {"uploadStatus": "processed"}}, True), ({"status": {"uploadStatus": "uploaded"}}, False),
        ({"processingDetails": {"processingStatus": "succeeded"}}, True), ({}, False),
    ],
)  # fmt: skip
def test_whether_a_video_can_be_watched(video: dict[str, Any], verdict: bool) -> None:
    assert processed(video) is verdict


@pytest.mark.parametrize(
    ("video", "word"),
    [
        ({"status": {"uploadStatus": "rejected", "rejectionReason": "copyright"}}, "copyright"),
        ({"status": {"uploadStatus": "deleted"}}, "deleted"),
        ({"processingDetails": {"processingStatus": "terminated"}}, "no reason given"),
    ],
)
def test_videos_that_never_will_be(video: dict[str, Any], word: str) -> None:
    verdict = processed(video)
    assert isinstance(verdict, str)
    assert word in verdict


def test_texts_fit() -> None:
    assert limits.title("<>") == "‹›"
    assert limits.title("   ") == "Untitled"
    assert len(limits.title("x" * 101)) == 100
    assert len(limits.description("ü" * 5000).encode()) <= 5000
    assert limits.description("short") == "short"
    assert limits.tags(("a,b", "", "c")) == ["a b", "c"]
    many = limits.tags(tuple(f"tag {number}" for number in range(200)))
    assert 480 < len(",".join(f'"{tag}"' for tag in many)) <= 500
