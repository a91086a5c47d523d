"""Who is offered what, and who gets it."""

from __future__ import annotations

import asyncio

import pytest
from tests.contract.auralis.desk import Auralis
from tests.support.site import Site


async def test_platforms_never_mix(auralis: Auralis, stranger: Auralis) -> None:
    small, large = await auralis.job(platform="linux/arm64"), await auralis.job(platform="linux/amd64")
    arm, amd = await stranger.worker("linux/arm64"), await stranger.worker("linux/amd64")
    assert small in await stranger.available(arm)
    assert large not in await stranger.available(arm)
    assert large in await stranger.available(amd)
    assert small not in await stranger.available(amd)
    assert (await stranger.claim(small, amd)).status == 404
    assert (await stranger.claim(large, arm)).status == 404
    assert (await stranger.claim(small, arm)).status == 200
    pending = await stranger.ask(
        "GET", "/api/jobs/pending", params={"platform": "linux/amd64", "user_id": stranger.user_id}
    )
    offered = {job["id"]: job for job in pending.body}
    assert large in offered
    assert {job["platform"] for job in offered.values()} <= {"linux/amd64", "any"}
    assert "user_id" not in offered[large]
    assert auralis.user_id.encode() not in pending.content


async def test_one_of_two_gets_it(auralis: Auralis, stranger: Auralis) -> None:
    mine, theirs = await auralis.worker(), await stranger.worker()
    for _ in range(5):
        job = await auralis.job()
        answers = await asyncio.gather(auralis.claim(job, mine), stranger.claim(job, theirs))
        assert sorted(answer.status for answer in answers) == [200, 409]
        (loser,) = (answer for answer in answers if answer.status == 409)
        assert loser.body["detail"]["code"] == "WRONG_STATUS"
        assert "CLAIMED" in loser.body["message"]


async def test_claimed_twice_by_one_worker(auralis: Auralis) -> None:
    job, token = await auralis.job(), await auralis.worker()
    assert (await auralis.claim(job, token)).status == 200
    assert (await auralis.claim(job, token)).status == 409


async def test_radiance_job_is_one_of_the_core(auralis: Auralis, site: Site) -> None:
    submit = {"model": "text-generation", "payload": {"prompt": "hello"}, "priority": "urgent"}
    async with auralis.session.post(f"{site.url}/radiance/airunner/submit", json=submit) as answer:
        assert answer.status == 201
        job = (await answer.json())["result"]["id"]
    token = await auralis.worker("linux/arm64")
    assert job in (await auralis.available(token))[:20]  # urgent ones come first
    claimed = await auralis.claim(job, token)
    assert claimed.body["job"]["model"] == "text-generation"
    assert claimed.body["job"]["payload"]["prompt"] == "hello"
    assert claimed.body["job"]["platform"] == "any"
    assert (await auralis.ask("GET", f"/api/worker/job/{job}/input", token=token)).status == 404
    assert (await auralis.say(job, token, "RUNNING")).status == 200
    assert (await auralis.hand_in(job, token, b"what came out", "out.txt")).status == 200
    assert (await auralis.say(job, token, "COMPLETED")).status == 200
    async with auralis.session.get(f"{site.url}/radiance/airunner/status/{job}") as answer:
        assert (await answer.json())["result"]["status"] == "completed"
    async with auralis.session.get(f"{site.url}/radiance/airunner/result/file/{job}") as answer:
        assert await answer.read() == b"what came out"


@pytest.mark.parametrize("platform", ["windows/amd64", "linux", "any", "linux/riscv64"])
async def test_unknown_platform(auralis: Auralis, platform: str) -> None:
    for answer in (
        await auralis.upload(fields={"platform": platform}),
        await auralis.ask(
            "POST",
            "/api/worker/register",
            json={"user_id": auralis.user_id, "name": "w", "platform": platform},
        ),
        await auralis.ask(
            "GET", "/api/jobs/pending", params={"user_id": auralis.user_id, "platform": platform}
        ),
    ):
        assert answer.status == 400
        assert "linux/amd64 or linux/arm64" in answer.body["message"]
