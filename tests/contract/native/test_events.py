"""Server-sent events: what happens to jobs, as it happens, and what was missed."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
from tests.contract.native.conftest import Native

TEXT = {"model": "text-generation", "input": "x"}


class Stream:
    """One stream, event by event."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def next(self, *, timeout_s: float = 20.0) -> dict[str, Any] | None:
        """``{"id", "event", "data"}`` of the next event; None at the end."""
        found: dict[str, Any] = {}
        async with asyncio.timeout(timeout_s):
            while line := await self._answer.content.readline():
                name, _, text = line.decode().rstrip("\n").partition(": ")
                if name in {"id", "event", "data"}:
                    found[name] = json.loads(text) if name == "data" else text
                elif not name and "data" in found:
                    return found
        return None

    async def all(self) -> list[dict[str, Any]]:
        events = []
        while (event := await self.next()) is not None:
            events.append(event)
        return events


def watch(native: Native, path: str, **headers: str) -> Any:
    """An open stream of events."""
    auth = {"Authorization": f"Bearer {native.account.native_key}"}
    return native.session.get(native.origin + path, headers={**auth, **headers})


def states(events: list[dict[str, Any]]) -> list[str]:
    return [event["data"]["status"] for event in events if event["event"] == "state"]


async def test_one_job_is_watched_from_its_state_now_to_its_end(native: Native) -> None:
    job = await native.job(**TEXT)
    async with watch(native, f"/v1/jobs/{job}/events") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
        stream = Stream(answer)
        first = await stream.next()
        assert first is not None
        assert (first["event"], first["data"]["status"], first["data"]["job_id"]) == ("state", "queued", job)
        await native.finish(job)
        events = await stream.all()
    assert states(events)[-1] == "completed"
    assert "running" in states(events)
    assert all(event["data"]["job_id"] == job for event in events)


async def test_a_job_that_has_ended_has_one_event(native: Native) -> None:
    job = await native.job()
    await native.made("DELETE", f"/v1/jobs/{job}")
    async with watch(native, f"/v1/jobs/{job}/events") as answer:
        events = await Stream(answer).all()
    assert states(events) == ["cancelled"]
    missing = await native.ask("GET", "/v1/jobs/job_" + "0" * 32 + "/events")
    assert (missing.status, missing.code) == (404, "not_found")


async def test_who_comes_back_with_the_last_id_misses_nothing(native: Native) -> None:
    async with watch(native, "/v1/events") as answer:
        stream = Stream(answer)
        one = await native.job()
        await native.made("DELETE", f"/v1/jobs/{one}")
        seen = await stream.next()
        assert seen is not None
        assert (seen["data"]["job_id"], seen["data"]["status"]) == (one, "cancelled")
    # Nobody watches now.
    missed = [await native.job() for _ in range(3)]
    for job in missed:
        await native.made("DELETE", f"/v1/jobs/{job}")
    async with watch(native, "/v1/events", **{"Last-Event-ID": seen["id"]}) as answer:
        stream = Stream(answer)
        events = [await stream.next() for _ in missed]
        live = await native.job()
        await native.made("DELETE", f"/v1/jobs/{live}")
        last = await stream.next()
    assert [event["data"]["job_id"] for event in events if event is not None] == missed
    assert last is not None
    assert last["data"]["job_id"] == live


async def test_nobody_hears_of_another_accounts_jobs(native: Native) -> None:
    auth = {"Authorization": f"Bearer {native.stranger.native_key}"}
    async with native.session.get(f"{native.origin}/v1/events", headers=auth) as answer:
        theirs = Stream(answer)
        mine = await native.job()
        await native.made("DELETE", f"/v1/jobs/{mine}")
        other = await native.made("POST", "/v1/jobs", json={"model": "noop"}, key=native.stranger.native_key)
        await native.made("DELETE", f"/v1/jobs/{other['job_id']}", key=native.stranger.native_key)
        heard = await theirs.next()
    assert heard is not None
    assert heard["data"]["job_id"] == other["job_id"]
