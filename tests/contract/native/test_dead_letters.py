"""Dead letters over the native API: listed, looked at, replayed once, discarded."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.contract.native.conftest import Native, Reply
from tests.support.dead_letters import dead_letter
from tests.support.record import pool_of

from headrace_contracts.limits import OUTPUT_BYTES
from headrace_contracts.scopes import OPERATOR, SCOPES

LETTERS = "/v1/dead-letters"


def shown(job_id: UUID) -> str:
    return f"job_{job_id.hex}"


async def letters(native: Native, count: int, **fields: Any) -> list[str]:
    """Dead letters of the account, oldest first."""
    async with pool_of(native.site.record_url) as pool:
        return [shown(await dead_letter(pool, native.account.id, **fields)) for _ in range(count)]


async def listed(native: Native, query: str = "", **options: Any) -> list[str]:
    body = await native.made("GET", LETTERS + query, **options)
    return [each["job_id"] for each in body["dead_letters"]]


async def repeats(native: Native, letter: str) -> int:
    """How many jobs repeat it."""
    async with pool_of(native.site.record_url) as pool:
        return int(await pool.fetchval("SELECT count(*) FROM jobs WHERE retry_of = $1", UUID(letter[4:])))


def statuses(replies: Iterable[Reply]) -> list[int]:
    return sorted(reply.status for reply in replies)


async def test_the_list_is_filtered_and_paged(native: Native) -> None:
    crashed = await letters(native, 3)
    (lost,) = await letters(native, 1, code="lost", model="speech-to-text", pool="big")
    assert await listed(native) == [lost, *reversed(crashed)]
    assert await listed(native, "?code=lost") == await listed(native, "?model=speech-to-text") == [lost]
    assert await listed(native, "?pool=big") == [lost]
    hour = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert await listed(native, f"?failed_from={hour}") == []
    assert len(await listed(native, f"?failed_to={hour}")) == 4
    first = await native.made("GET", f"{LETTERS}?limit=3")
    assert (first["total"], first["has_more"]) == (4, True)
    rest = await native.made("GET", f"{LETTERS}?limit=3&cursor={first['next_cursor']}")
    assert [each["job_id"] for each in rest["dead_letters"]] == crashed[:1]
    assert (rest["has_more"], rest["next_cursor"]) == (False, None)
    turned = await native.ask("GET", f"{LETTERS}?failed_from={hour}&failed_to=2020-01-01T00:00:00Z")
    assert "failed_from" in turned.problems["failed_to"]


async def test_one_has_every_attempt_with_the_end_of_what_it_wrote(native: Native) -> None:
    (letter,) = await letters(native, 1, attempts=3)
    async with pool_of(native.site.record_url) as pool:
        await pool.execute(
            "INSERT INTO job_output (job_id, fence, seq, stream, text) VALUES ($1, 3, 1, 'stderr', $2)",
            UUID(letter[4:]), "x" * (OUTPUT_BYTES // 2) + "the end",
        )  # fmt: skip
    body = await native.made("GET", f"{LETTERS}/{letter}")
    assert (body["code"], body["reason"], body["attempts"]) == ("crash", "it is broken", 3)
    assert [(run["number"], run["outcome"], run["reason"]) for run in body["runs"]] == [
        (1, "lost", "it was lost"),
        (2, "lost", "it was lost"),
        (3, "crash", "it is broken"),
    ]
    assert [run["output_tail"] for run in body["runs"][:2]] == ["line of attempt 1\n", "line of attempt 2\n"]
    assert body["runs"][2]["output_tail"].endswith("xxxthe end")
    assert len(body["runs"][2]["output_tail"]) == 4096
    attempts = (await native.made("GET", f"/v1/jobs/{letter}/attempts"))["attempts"]
    assert [(each["number"], each["outcome"]) for each in attempts] == [
        (1, "lost"),
        (2, "lost"),
        (3, "crash"),
    ]


async def test_of_many_replays_at_once_one_makes_a_job(native: Native) -> None:
    (letter,) = await letters(native, 1, credits=5)  # its price came back when it failed
    replies = await asyncio.gather(*(native.ask("POST", f"{LETTERS}/{letter}/replay") for _ in range(8)))
    assert statuses(replies) == [201, *[409] * 7]
    made = next(reply.body for reply in replies if reply.status == 201)
    assert made["retry_of"] == letter
    refused = {str(reply.body["error"]["details"]) for reply in replies if reply.status == 409}
    assert refused == {str({"settled": "replayed", "replayed_as": made["job_id"]})}
    assert await repeats(native, letter) == 1
    assert (await native.made("GET", "/v1/account"))["credits"] == 0
    assert await listed(native) == []
    seen = await native.made("GET", f"{LETTERS}/{letter}")
    assert (seen["settled"], seen["replayed_as"]) == ("replayed", made["job_id"])
    assert (await native.ask("DELETE", f"{LETTERS}/{letter}")).code == "already_settled"


async def test_a_replay_with_a_key_may_be_heard_twice(native: Native) -> None:
    (letter,) = await letters(native, 1)
    key = {"Idempotency-Key": uuid4().hex}
    first, second = [
        await native.made("POST", f"{LETTERS}/{letter}/replay", headers=dict(key)) for _ in range(2)
    ]
    assert first == second
    assert await repeats(native, letter) == 1


async def test_without_credits_it_stays_on_the_list(native: Native) -> None:
    (letter,) = await letters(native, 1)
    async with pool_of(native.site.record_url) as pool:
        await pool.execute("UPDATE jobs SET credits = 3 WHERE id = $1", UUID(letter[4:]))
    assert (await native.ask("POST", f"{LETTERS}/{letter}/replay")).code == "insufficient_credits"
    body = await native.made("POST", f"{LETTERS}/replay", json={})
    assert (body["replayed"], body["failed"], body["remaining"]) == (0, 1, 1)
    assert body["jobs"][0]["error"]["code"] == "insufficient_credits"
    assert await listed(native) == [letter]


async def test_many_are_replayed_the_oldest_first_each_once(native: Native) -> None:
    crashed = await letters(native, 5)
    (other,) = await letters(native, 1, code="lost")
    part = await native.made("POST", f"{LETTERS}/replay", json={"code": "crash", "limit": 2})
    assert (part["replayed"], part["failed"], part["remaining"]) == (2, 0, 3)
    assert [each["job_id"] for each in part["jobs"]] == crashed[:2]
    both = await asyncio.gather(
        *(native.made("POST", f"{LETTERS}/replay", json={"code": "crash"}) for _ in range(2))
    )
    assert sum(each["replayed"] for each in both) == 3
    assert [await repeats(native, letter) for letter in crashed] == [1] * 5
    assert await listed(native) == [other]


async def test_what_is_discarded_leaves_the_list_and_stays_as_it_ended(native: Native) -> None:
    crashed = await letters(native, 3)
    (other,) = await letters(native, 1, code="lost")
    for _ in range(2):  # heard twice, it is done
        assert (await native.ask("DELETE", f"{LETTERS}/{crashed[0]}")).status == 204
    assert (await native.ask("POST", f"{LETTERS}/{crashed[0]}/replay")).code == "already_settled"
    gone = await native.made("POST", f"{LETTERS}/discard", json={"code": "crash", "limit": 1})
    assert (gone["job_ids"], gone["discarded"], gone["remaining"]) == ([crashed[1]], 1, 1)
    await native.made("POST", f"{LETTERS}/discard", json={"code": "crash"})
    assert await listed(native) == [other]
    assert (await native.made("GET", f"/v1/jobs/{crashed[0]}"))["status"] == "failed"


async def test_a_retry_takes_it_off_the_list(native: Native) -> None:
    (letter,) = await letters(native, 1)
    made = await native.made("POST", f"/v1/jobs/{letter}/retry")
    assert await listed(native) == []
    assert (await native.made("GET", f"{LETTERS}/{letter}"))["replayed_as"] == made["job_id"]


async def test_only_operators_see_those_of_others(native: Native) -> None:
    (letter,) = await letters(native, 1)
    scopes = tuple(set(SCOPES) - {OPERATOR})
    plain, operator = await native.site.account(scopes=scopes), native.stranger.native_key
    assert letter not in await listed(native, key=operator)
    assert letter in await listed(native, "?all_accounts=true&limit=100", key=operator)
    for method, path, body in (
        ("GET", f"{LETTERS}?all_accounts=true", None),
        ("GET", f"{LETTERS}/{letter}?all_accounts=true", None),
        ("POST", f"{LETTERS}/{letter}/replay?all_accounts=true", None),
        ("DELETE", f"{LETTERS}/{letter}?all_accounts=true", None),
        ("POST", f"{LETTERS}/replay", {"all_accounts": True}),
        ("POST", f"{LETTERS}/discard", {"all_accounts": True}),
    ):
        assert (await native.ask(method, path, json=body, key=plain.native_key)).code == "forbidden"
    assert (await native.ask("GET", f"{LETTERS}/{letter}", key=operator)).status == 404
    path = f"{LETTERS}/{letter}/replay?all_accounts=true"
    made = await native.made("POST", path, key=operator)
    # The job is its owner's, as the first one was.
    assert (await native.made("GET", f"/v1/jobs/{made['job_id']}"))["retry_of"] == letter
    assert (await native.ask("GET", f"/v1/jobs/{made['job_id']}", key=operator)).status == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [({"limit": 0}, "limit"), ({"limit": 501}, "limit"), ({"cursor": "x"}, "cursor"), ({"of": 1}, "of")],
)
async def test_a_wrong_filter_is_named(native: Native, body: dict[str, Any], field: str) -> None:
    assert field in (await native.ask("POST", f"{LETTERS}/replay", json=body)).problems
