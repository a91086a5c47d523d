"""What only Mastodon has: limits of an instance, media that take their time, a status that is made once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.platforms.cases import Case, new_publication
from tests.support.platforms.driver import Drive
from tests.support.platforms.parcels import PICTURE, asset, parcel

from headrace_publisher.platforms.platform import Done, Failed, Wait


async def drive(case: Case, **settings: Any) -> tuple[Drive, Done | Failed]:
    settings.setdefault("publication", new_publication(case))
    run = Drive(platform=case.platform, **settings)
    return run, await run.run()


def forget_media(case: Case, at: int) -> Any:
    return lambda step: case.server.media.clear() if step == at else None


async def test_processing_is_waited_for(mastodon_case: Case) -> None:
    mastodon_case.server.polls = 4
    run, end = await drive(mastodon_case)
    assert isinstance(end, Done)
    waits = [outcome for outcome in run.outcomes if isinstance(outcome, Wait)]
    assert [wait.reason for wait in waits] == ["the instance is processing the media"] * 4
    assert [path for _, path in mastodon_case.troubles.asked].count("/api/v2/media") == 1


async def test_media_that_the_instance_forgot_are_handed_in_again(mastodon_case: Case) -> None:
    _, end = await drive(mastodon_case, before=forget_media(mastodon_case, 3))
    assert isinstance(end, Done)
    assert [path for _, path in mastodon_case.troubles.asked].count("/api/v2/media") == 2


async def test_media_that_can_not_be_processed_fail_with_the_reason(mastodon_case: Case) -> None:
    def spoil(step: int) -> None:
        for media in mastodon_case.server.media.values():
            media.broken = True

    _, end = await drive(mastodon_case, before=spoil)
    assert isinstance(end, Failed)
    assert end.permanent
    assert end.reason.startswith("the instance could not process the media: Error processing")


async def test_a_status_that_comes_too_early_waits(mastodon_case: Case) -> None:
    mastodon_case.troubles.add(
        when=lambda request: request.path == "/api/v1/statuses", times=1, status=422,
        body='{"error": "Cannot attach files that have not finished processing. Try again in a moment!"}',
    )  # fmt: skip
    run, end = await drive(mastodon_case)
    assert isinstance(end, Done)
    assert await mastodon_case.made(run.publication) == 1


async def test_a_status_without_a_clear_answer_is_not_sent_again_after_an_hour(mastodon_case: Case) -> None:
    mastodon_case.troubles.add(
        when=lambda request: request.path == "/api/v1/statuses", times=1, cut=True, after=True
    )
    clock = [1000.0]

    def later(step: int) -> None:
        if any(isinstance(outcome, Failed) for outcome in run.outcomes):
            clock[0] += 4000

    platform = replace(mastodon_case.platform, now_s=lambda: clock[0])  # type: ignore[type-var]  # a dataclass behind its port
    run = Drive(platform=platform, publication=new_publication(mastodon_case), before=later)
    end = await run.run()
    assert isinstance(end, Failed)
    assert end.permanent
    assert "look whether it is there" in end.reason
    assert len(mastodon_case.server.statuses) == 1


async def test_an_instance_that_is_away_for_hours_at_the_status_is_no_riddle(mastodon_case: Case) -> None:
    """Nobody heard the status, so it may still be made."""
    clock = [1000.0]
    right = mastodon_case.destination
    dead = replace(right, config=right.config.model_copy(update={"base_url": "http://127.0.0.1:9"}))

    def away(_step: int) -> None:
        posting = run.saved is not None and b'"posting"' in run.saved
        clock[0] += 600
        run.publication = replace(run.publication, destination=dead if posting and clock[0] < 9000 else right)

    platform = replace(mastodon_case.platform, now_s=lambda: clock[0])  # type: ignore[type-var]  # a dataclass behind its port
    run = Drive(
        platform=platform,
        publication=new_publication(mastodon_case),
        before=away,
        dies_saved=lambda _step: True,
    )
    assert isinstance(await run.run(), Done)
    assert [outcome for outcome in run.outcomes if isinstance(outcome, Failed) and outcome.unsent]
    assert len(mastodon_case.server.statuses) == 1


@pytest.mark.parametrize(
    ("name", "mime", "data", "words"),
    [
        ("a.pdf", "application/pdf", b"%PDF", "the instance takes no application/pdf, which a.pdf is"),
        ("a.png", "image/png", b"p" * (16 * 1024 * 1024 + 1), "the instance takes at most 16777216"),
        ("a.mp4", "video/mp4", b"", "a.mp4 is empty"),
    ],
)
async def test_what_an_instance_does_not_take_is_not_sent(
    mastodon_case: Case, name: str, mime: str, data: bytes, words: str
) -> None:
    publication = new_publication(mastodon_case, parcel=parcel(main=asset(name, mime, data)))
    _, end = await drive(mastodon_case, publication=publication)
    assert isinstance(end, Failed)
    assert end.permanent
    assert words in end.reason
    assert mastodon_case.server.media == {}


async def test_a_picture_is_ready_at_once_and_words_go_alone(mastodon_case: Case) -> None:
    for main, extras in ((asset("a.png", "image/png", PICTURE), ()), (None, ())):
        publication = new_publication(mastodon_case, parcel=parcel(main=main, extras=extras))
        run, end = await drive(mastodon_case, publication=publication)
        assert isinstance(end, Done)
        assert not [outcome for outcome in run.outcomes if isinstance(outcome, Wait)]
        assert await mastodon_case.made(publication) == 1


async def test_words_that_are_too_long_are_cut(mastodon_case: Case) -> None:
    long = parcel(
        title="t" * 300, description="See https://e.example/x and https://e.example/y " * 40,
        alt_text="a" * 5000, tags=("one", "two words", "3"),
    )  # fmt: skip
    _, end = await drive(mastodon_case, publication=new_publication(mastodon_case, parcel=long))
    assert isinstance(end, Done)  # the strict server counts
    (status,) = mastodon_case.server.statuses
    assert status.text.endswith("#one #TwoWords")
    assert len(status.media[0].description) == 1500
    assert (status.visibility, status.language) == ("unlisted", "en")
