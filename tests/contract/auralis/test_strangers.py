"""What belongs to one account is nothing to another."""

from __future__ import annotations

from uuid import uuid4

import pytest
from tests.contract.auralis.desk import Auralis


async def test_stranger_sees_no_job(auralis: Auralis, stranger: Auralis) -> None:
    job = await auralis.job()
    for path in (f"/api/jobs/{job}", f"/api/jobs/{job}/download-url"):
        assert (await stranger.mine(path)).status == 404
        assert (await auralis.ask("GET", path)).status == 401
    assert job not in [each["id"] for each in (await stranger.mine("/api/jobs")).body]


async def test_only_the_holder_speaks_for_a_job(auralis: Auralis, stranger: Auralis) -> None:
    job, holder, other = await auralis.job(), await stranger.worker(), await auralis.worker()
    assert (await stranger.claim(job, holder)).status == 200
    assert (await auralis.say(job, other, "RUNNING")).status == 404
    assert (await auralis.hand_in(job, other, b"x")).status == 404
    assert (await auralis.ask("GET", f"/api/worker/job/{job}/input", token=other)).status == 404
    assert (await auralis.ask("GET", f"/api/jobs/{job}", token=other)).status == 404
    seen = await stranger.ask("GET", f"/api/jobs/{job}", token=holder)
    assert seen.status == 200
    assert seen.body["user_id"] is None  # a credential
    assert (await stranger.say(job, holder, "COMPLETED")).status == 200


async def test_holder_may_download_what_it_made(auralis: Auralis) -> None:
    job, token = await auralis.job(), await auralis.worker()
    await auralis.claim(job, token)
    await auralis.hand_in(job, token, b"output")
    await auralis.say(job, token, "COMPLETED")
    assert (await auralis.ask("GET", f"/api/jobs/{job}/download-url", token=token)).status == 200


@pytest.mark.parametrize("user_id", [None, "", "me", "084f4f6f-9557-446f-9f3d-c845c1f8d0f8"])
async def test_unknown_user(auralis: Auralis, user_id: str | None) -> None:
    params = {} if user_id is None else {"user_id": user_id}
    for path in (
        "/api/jobs",
        f"/api/jobs/{uuid4()}",
        "/api/jobs/pending",
        f"/api/jobs/{uuid4()}/download-url",
    ):
        answer = await auralis.ask("GET", path, params=params)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.body["status"] == "error"
        assert answer.body["detail"] == {"code": "UNAUTHORIZED"}
    sent = await auralis.ask("POST", "/api/worker/register", json={"name": "w", **params})
    assert sent.status == 401


@pytest.mark.parametrize("token", [None, "aw_wrong", "wrong"])
async def test_unknown_worker(auralis: Auralis, token: str | None) -> None:
    job = await auralis.job()
    for method, path in (
        ("GET", "/api/worker/jobs/available"),
        ("POST", f"/api/worker/job/{job}/claim"),
        ("POST", f"/api/worker/job/{job}/status"),
        ("POST", f"/api/worker/job/{job}/output"),
        ("GET", f"/api/worker/job/{job}/input"),
    ):
        assert (await auralis.ask(method, path, token=token)).status == 401


async def test_ids_that_are_none(auralis: Auralis) -> None:
    token = await auralis.worker()
    for job in ("abc-123", str(uuid4()), "a" * 36):
        assert (await auralis.mine(f"/api/jobs/{job}")).status == 404
        assert (await auralis.claim(job, token)).status == 404
        assert (await auralis.say(job, token, "RUNNING")).status == 404
