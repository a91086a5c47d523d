"""Seed 003, «Error Responses» and «Rate Limits»."""

from __future__ import annotations

import time
from typing import Any

import pytest
from tests.contract.jobserver.conftest import Cast
from tests.contract.jobserver.shapes import UNAUTHORIZED, error, expect
from tests.support.transcript import Match, like

USER_ROUTES = [
    ("GET", "/workers/list"),
    ("GET", "/workers/worker-001"),
    ("DELETE", "/workers/worker-001"),
    ("POST", "/jobs/submit"),
    ("GET", "/jobs/status"),
    ("GET", "/jobs/list"),
    ("POST", "/jobs/cancel"),
    ("GET", "/jobs/stream"),
    ("POST", "/files/upload"),
]
WORKER_ROUTES = [
    ("POST", "/workers/heartbeat"),
    ("GET", "/jobs/get-job"),
    ("POST", "/jobs/stream-output"),
    ("POST", "/jobs/submit-result"),
]


async def test_a_worker_s_token_opens_no_user_s_route_nor_a_user_s_a_worker_s(cast: Cast) -> None:
    worker = await cast.admin.register()
    token = worker.headers["x-worker-token"]
    for method, path in USER_ROUTES:
        for caller in (cast.nobody, worker, cast.nobody.having(Authorization=f"Bearer {token}")):
            expect(await caller.ask(method, path), 401, UNAUTHORIZED)
    user_token = cast.admin.headers["Authorization"].removeprefix("Bearer ")
    for method, path in WORKER_ROUTES:
        for caller in (cast.nobody, cast.admin, cast.nobody.having(x_worker_token=user_token)):
            expect(await caller.ask(method, path), 401, UNAUTHORIZED)


@pytest.mark.parametrize("path", ["/nothing", "/jobs", "/jobs/nothing/here", "!/", "!/v1/jobs"])
async def test_unknown_paths_answer_in_the_same_envelope(cast: Cast, path: str) -> None:
    answer = await cast.nobody.get(path)
    expect(answer, 404, error("Not found", "There is no such endpoint", "NOT_FOUND"))
    assert int(answer.headers["X-RateLimit-Limit"]) == 100


async def test_other_methods_are_405(cast: Cast) -> None:
    answer = await cast.nobody.ask("PUT", "/jobs/submit")
    expect(
        answer,
        405,
        error("Method not allowed", "Method PUT is not allowed here. Allowed: POST", "METHOD_NOT_ALLOWED"),
    )
    assert answer.headers["Allow"] == "POST"
    assert (await cast.user.ask("HEAD", "/jobs/list")).status == 200
    assert (await (await cast.admin.register()).ask("HEAD", "/jobs/get-job")).status == 405


async def test_a_body_that_is_too_large_is_413(cast: Cast) -> None:
    answer = await cast.user.post("/jobs/submit", {"command": "x" * 400_000})
    assert (answer.status, answer.body["code"]) == (413, "PAYLOAD_TOO_LARGE")


async def test_every_answer_carries_the_limit(cast: Cast) -> None:
    worker = await cast.admin.register()
    answers = [
        await cast.user.get("/jobs/list"),
        await cast.user.get("/jobs/status"),
        await cast.nobody.get("/jobs/list"),
        await cast.nobody.post("/auth/login", {}),
        await worker.get("/jobs/get-job"),
        await worker.post("/jobs/submit-result", {}),
        await cast.user.get(f"/files/download/{(await cast.user.upload()).body['fileId']}"),
    ]
    for answer in answers:
        assert answer.headers["X-RateLimit-Limit"] == "100", answer
        assert 0 <= int(answer.headers["X-RateLimit-Remaining"]) < 100
        assert 0 <= int(answer.headers["X-RateLimit-Reset"]) - time.time() <= 61


async def test_after_100_a_minute_it_is_429(cast: Cast) -> None:
    worker = await cast.admin.register()
    seen: list[Any] = []
    for _ in range(220):  # more than one window has, should a minute end meanwhile
        seen.append(await worker.get("/jobs/get-job"))
        if seen[-1].status == 429:
            break
    refused = seen[-1]
    expect(
        refused,
        429,
        error(
            "Too Many Requests",
            "Rate limit exceeded",
            "RATE_LIMITED",
            retryAfter=Match("seconds", lambda value: type(value) is int and 1 <= value <= 60),
        ),
    )
    assert refused.headers["Retry-After"] == str(refused.body["retryAfter"])
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert [answer.status for answer in seen].count(204) >= 100
    # Another worker's limit is its own.
    assert (await (await cast.admin.register()).get("/jobs/get-job")).status == 204


async def test_messages_are_sentences_without_our_inside(cast: Cast) -> None:
    answer = await cast.nobody.get("/jobs/list")
    expect(answer, 401, error("Unauthorized", like(r"[A-Z][\w ]+"), "UNAUTHORIZED"))
    assert answer.headers["WWW-Authenticate"] == "Bearer"
