"""What only YouTube has: sessions that end, ranges, quotas, tokens, thumbnails, processing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.support.platforms.cases import Case, new_publication
from tests.support.platforms.driver import Drive
from tests.support.platforms.parcels import PICTURE, VIDEO, asset, parcel
from tests.support.platforms.youtube import UNIT

from headrace_publisher.platforms.platform import Done, Failed, Wait


async def drive(case: Case, **settings: Any) -> tuple[Drive, Done | Failed]:
    settings.setdefault("publication", new_publication(case))
    run = Drive(platform=case.platform, **settings)
    return run, await run.run()


async def test_a_session_that_the_server_forgot_starts_over(youtube_case: Case) -> None:
    server = youtube_case.server

    def forget(step: int) -> None:
        if step == 2:
            server.expire_sessions()

    run, end = await drive(youtube_case, before=forget)
    assert isinstance(end, Done)
    assert server.begun == 2
    assert await youtube_case.made(run.publication) == 1


async def test_a_server_that_always_forgets_is_given_up(youtube_case: Case) -> None:
    youtube_case.troubles.add(when=lambda request: request.method == "PUT", times=100, status=404)
    _, end = await drive(youtube_case)
    assert isinstance(end, Failed)
    assert end.permanent
    assert "forgot the upload 6 times" in end.reason


async def test_what_the_server_did_not_keep_is_sent_again(youtube_case: Case) -> None:
    youtube_case.server.forgetful = True
    platform = replace(youtube_case.platform, chunk_bytes=2 * UNIT)  # type: ignore[type-var]  # a dataclass behind its port
    run = Drive(platform=platform, publication=new_publication(youtube_case))
    assert isinstance(await run.run(), Done)
    assert await youtube_case.made(run.publication) == 1
    assert len(VIDEO) < youtube_case.server.received <= len(VIDEO) + 2 * UNIT


async def test_a_chunk_that_another_worker_has_sent_is_left_out(youtube_case: Case) -> None:
    server = youtube_case.server

    def other(step: int) -> None:
        if step == 2:
            (session,) = server.uploads.values()
            session.data += VIDEO[len(session.data) : len(session.data) + UNIT]

    run, end = await drive(youtube_case, before=other)
    assert isinstance(end, Done)
    assert not [outcome for outcome in run.outcomes if isinstance(outcome, Failed)]
    assert await youtube_case.made(run.publication) == 1


async def test_the_quota_of_the_day_is_waited_for_until_midnight_in_california(youtube_case: Case) -> None:
    youtube_case.server.quota = 0
    run = Drive(platform=youtube_case.platform, publication=new_publication(youtube_case), patience=1)
    with pytest.raises(AssertionError, match="no end"):
        await run.run()
    (wait,) = run.outcomes
    assert isinstance(wait, Wait)
    assert "quotaExceeded" in wait.reason
    there = wait.until.astimezone(ZoneInfo("America/Los_Angeles"))
    assert (there.hour, there.minute) == (0, 1)
    assert timedelta(0) < wait.until - datetime.now(UTC) < timedelta(hours=25, minutes=2)


async def test_a_token_that_ended_in_the_middle_is_asked_for_again(youtube_case: Case) -> None:
    server = youtube_case.server
    _, end = await drive(youtube_case, before=lambda step: server.tokens.clear() if step in {2, 4} else None)
    assert isinstance(end, Done)
    assert server.begun == 1
    assert youtube_case.troubles.asked.count(("POST", "/token")) == 3


async def test_a_thumbnail_that_is_refused_does_not_fail_the_video(youtube_case: Case) -> None:
    youtube_case.troubles.add(
        when=lambda request: request.path.endswith("/thumbnails/set"), times=9, status=403,
        body='{"error": {"message": "no", "errors": [{"reason": "forbidden"}]}}',
    )  # fmt: skip
    run, end = await drive(youtube_case)
    assert isinstance(end, Done)
    assert await youtube_case.made(run.publication) == 1
    assert youtube_case.server.thumbnails == {}


async def test_a_video_that_can_not_be_processed_fails_with_the_reason(youtube_case: Case) -> None:
    youtube_case.server.processing_failure = "codec"
    _, end = await drive(youtube_case)
    assert isinstance(end, Failed)
    assert end.permanent
    assert end.reason == "YouTube could not take the video (codec)"


async def test_a_token_that_may_only_upload_is_enough(youtube_case: Case) -> None:
    youtube_case.troubles.add(
        when=lambda request: request.path == "/youtube/v3/videos", times=9, status=403,
        body='{"error": {"message": "Request had insufficient authentication scopes.", "errors": [{"reason": "x"}]}}',
    )  # fmt: skip
    _, end = await drive(youtube_case)
    assert isinstance(end, Done)


async def test_a_picture_is_no_video(youtube_case: Case) -> None:
    publication = new_publication(youtube_case, parcel=parcel(main=asset("a.png", "image/png", PICTURE)))
    _, end = await drive(youtube_case, publication=publication)
    assert isinstance(end, Failed)
    assert end.permanent
    assert "YouTube takes videos; the result of the job is a.png, which is image/png" in end.reason


async def test_the_token_stays_at_home_when_the_upload_lies_elsewhere(youtube_case: Case) -> None:
    """A session on another host is sent no token: its address is enough."""
    youtube_case.troubles.add(
        when=lambda request: request.method == "POST" and request.path.endswith("/videos"), times=1, status=200,
        headers={"Location": f"http://localhost:{youtube_case.server.url.rpartition(':')[2]}/upload/youtube/v3/videos"},
    )  # fmt: skip
    run, end = await drive(youtube_case)
    assert isinstance(end, Failed)  # the strict server wants one
    assert "refused the credentials" in end.reason
    assert len(run.outcomes) == 2


async def test_words_that_are_too_long_are_cut_as_the_platform_demands(youtube_case: Case) -> None:
    words: dict[str, Any] = {
        "title": "<b>" + "t" * 200, "description": "ä<" * 4000, "tags": tuple(f"tag number {n}" for n in range(60)),
    }  # fmt: skip
    _, end = await drive(youtube_case, publication=new_publication(youtube_case, parcel=parcel(**words)))
    assert isinstance(end, Done)  # the strict server refuses longer ones
    (video,) = youtube_case.server.videos.values()
    assert len(video.resource["snippet"]["title"]) == 100
    assert 4990 < len(video.resource["snippet"]["description"].encode()) <= 5000
    assert len(video.resource["snippet"]["tags"]) > 20
    assert video.resource["status"]["privacyStatus"] == "unlisted"
