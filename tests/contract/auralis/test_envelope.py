"""Limits, and errors outside of every route."""

from __future__ import annotations

import time

import pytest
from tests.contract.auralis.desk import Auralis


async def test_hundred_requests_a_minute(auralis: Auralis, stranger: Auralis) -> None:
    """A window may end while we count: then the next one must."""
    passed = 0
    answer = await auralis.mine("/api/jobs")
    while answer.status == 200:
        passed += 1
        assert passed <= 200
        assert answer.headers["X-RateLimit-Limit"] == "100"
        answer = await auralis.mine("/api/jobs")
    assert passed >= 100
    assert answer.status == 429
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert 0 <= int(answer.headers["X-RateLimit-Reset"]) - time.time() <= 61
    assert answer.body["detail"] == {
        "code": "RATE_LIMITED",
        "retry_after": int(answer.headers["Retry-After"]),
    }
    assert (await auralis.upload()).status == 429
    assert (await stranger.mine("/api/jobs")).status == 200


@pytest.mark.parametrize("path", ["/", "/api", "/api/nothing", "/api/jobs/", "/api/worker/job/x"])
async def test_unknown_path(auralis: Auralis, path: str) -> None:
    answer = await auralis.ask("GET", path)
    assert answer.status == 404
    assert answer.body == {
        "status": "error",
        "message": "There is nothing at this path",
        "detail": {"code": "NOT_FOUND"},
    }


async def test_unknown_method(auralis: Auralis) -> None:
    answer = await auralis.ask("DELETE", "/api/jobs")
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD"
    assert answer.body["detail"] == {"code": "METHOD_NOT_ALLOWED"}


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "offset=-1", "limit=x"])
async def test_page_that_is_none(auralis: Auralis, query: str) -> None:
    answer = await auralis.ask("GET", f"/api/jobs?user_id={auralis.user_id}&{query}")
    assert answer.status == 400


async def test_pages(auralis: Auralis) -> None:
    jobs = [await auralis.job() for _ in range(3)]
    pages = [
        (await auralis.ask("GET", f"/api/jobs?user_id={auralis.user_id}&limit=2&offset={offset}")).body
        for offset in (0, 2)
    ]
    assert [job["id"] for page in pages for job in page] == jobs[::-1]
