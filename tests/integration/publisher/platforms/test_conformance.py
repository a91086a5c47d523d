"""What every platform has to keep, against servers that speak its protocol strictly."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.support.platforms.cases import CANARY, PLATFORMS, WHSEC, Case, case_of, new_publication
from tests.support.platforms.driver import Drive
from tests.support.servers import S3Access

from headrace_contracts.destinations import parse_destination
from headrace_publisher.platforms.platform import Done, Failed, Session, Wait


@pytest.fixture(params=PLATFORMS)
async def case(request: pytest.FixtureRequest, bucket: S3Access) -> AsyncIterator[Case]:
    async with case_of(request.param, bucket) as made:
        yield made


@pytest.fixture(autouse=True)
def shown(caplog: pytest.LogCaptureFixture, case: Case) -> Iterator[list[str]]:
    """Texts that a test showed; no secret may be in them, nor in the log."""
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, logger="headrace_publisher")
    texts: list[str] = []
    yield texts
    everything = "\n".join([*texts, caplog.text, *(repr(record.__dict__) for record in caplog.records)])
    for secret in (CANARY, WHSEC, "ya29.", "upload_id=", case.secret.get("secret_key", CANARY)):
        assert secret not in everything


async def drive(case: Case, shown: list[str], **settings: Any) -> tuple[Drive, Done | Failed]:
    run = Drive(platform=case.platform, publication=new_publication(case), **settings)
    end = await run.run()
    shown.append(run.shown())
    return run, end


async def test_it_is_published_whole(case: Case, shown: list[str]) -> None:
    run, end = await drive(case, shown)
    assert isinstance(end, Done)
    assert end.url is not None
    assert end.url.startswith(("s3://", "http://127.0.0.1:", "https://www.youtube.com/watch?v="))
    assert await case.made(run.publication) == 1
    assert len(run.outcomes) >= 3


async def test_a_crash_between_any_two_steps_loses_and_doubles_nothing(case: Case, shown: list[str]) -> None:
    whole, _ = await drive(case, shown)
    for number in range(len(whole.outcomes)):
        for where in ("dies_unsaved", "dies_saved"):
            case.server.videos = {}  # YouTube's: what counts is this run's
            run, end = await drive(case, shown, **{where: lambda step, number=number: step == number})
            assert isinstance(end, Done), (where, number, run.outcomes)
            assert await case.made(run.publication) == 1, (where, number)


async def test_an_answer_that_is_lost_after_any_request_loses_and_doubles_nothing(
    case: Case, shown: list[str]
) -> None:
    await drive(case, shown)
    requests = len(case.troubles.asked)
    for number in range(requests):
        for after in (True, False):
            case.server.videos = {}
            seen = len(case.troubles.asked)
            case.troubles.add(
                cut=True, after=after, times=case.tries,
                when=lambda _request, seen=seen, number=number: len(case.troubles.asked) - seen > number,
            )  # fmt: skip
            run, end = await drive(case, shown)
            assert isinstance(end, Done), (after, number, run.outcomes)
            assert await case.made(run.publication) == 1, (after, number)


async def test_a_refusal_is_final_and_says_why(case: Case, shown: list[str]) -> None:
    case.troubles.add(when=case.main, times=100, **case.refusal)
    run, end = await drive(case, shown)
    assert isinstance(end, Failed)
    assert end.permanent
    assert ": " in end.reason
    assert await case.made(run.publication) == 0


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_server_that_is_out_of_order_is_asked_again(
    case: Case, shown: list[str], status: int
) -> None:
    case.troubles.add(when=case.main, times=case.tries, status=status, body="<html>out</html>")
    run, end = await drive(case, shown)
    assert isinstance(end, Done)
    failures = [outcome for outcome in run.outcomes if isinstance(outcome, Failed)]
    assert len(failures) == 1
    assert not failures[0].permanent
    assert await case.made(run.publication) == 1


async def test_a_limit_is_waited_for_as_long_as_the_platform_says(case: Case, shown: list[str]) -> None:
    case.troubles.add(when=case.main, times=case.tries, **case.limit)
    began = datetime.now(UTC)
    run, end = await drive(case, shown)
    assert isinstance(end, Done)
    waits = [outcome for outcome in run.outcomes if isinstance(outcome, Wait)]
    longest = max(outcome.until for outcome in waits) - began
    assert timedelta(seconds=55) < longest < timedelta(seconds=90)
    assert not [outcome for outcome in run.outcomes if isinstance(outcome, Failed)]
    assert await case.made(run.publication) == 1


async def test_wrong_credentials_fail_for_good_with_the_reason(case: Case, shown: list[str]) -> None:
    case.secret, right = case.wrong, case.secret
    run, end = await drive(case, shown)
    assert isinstance(end, Failed)
    assert end.permanent
    assert "refused the credentials" in end.reason or "refused the keys" in end.reason
    case.secret = right
    assert await case.made(run.publication) == 0


async def test_what_a_server_repeats_of_the_credentials_is_not_shown(case: Case, shown: list[str]) -> None:
    echo = " ".join(case.secrets)
    for status in (400, 403, 500):
        case.troubles.pending.clear()
        body = json.dumps({"error": f"no: {echo}", "message": echo, "error_description": echo})
        case.troubles.add(times=100, status=status, body=body)
        run = Drive(platform=case.platform, publication=new_publication(case), patience=4)
        try:
            await run.run()
        except AssertionError:
            assert status == 500
        shown.append(run.shown())
        assert run.outcomes


async def test_a_redirect_is_not_followed(case: Case, shown: list[str]) -> None:
    case.troubles.add(when=case.main, times=case.tries, status=307, headers={"Location": "/elsewhere"})
    run = Drive(platform=case.platform, publication=new_publication(case))
    await run.run()
    shown.append(run.shown())
    assert [outcome for outcome in run.outcomes if isinstance(outcome, Failed)]
    assert not [path for _, path in case.troubles.asked if path == "/elsewhere"]


async def test_a_session_of_another_version_starts_over(case: Case, shown: list[str]) -> None:
    run = Drive(platform=case.platform, publication=new_publication(case), saved=b'{"phase": 7, "sent": "x"}')
    run.saved = b'["what is this"]'
    assert isinstance(await run.run(), Done)
    shown.append(run.shown())
    assert await case.made(run.publication) == 1
    assert isinstance(run.outcomes[0], Session)


async def test_addresses_inside_are_no_destination(case: Case) -> None:
    with pytest.raises(ValueError, match=r"https://|127\.0\.0\.1|loopback|itself"):
        parse_destination(case.name, case.config, case.secret, allow_loopback=False)
