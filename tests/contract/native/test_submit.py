"""What a job may say of itself, and what is refused with the name of the field."""

from __future__ import annotations

import asyncio
import io
import zipfile
from typing import Any

import pytest
from tests.contract.native.conftest import Native
from tests.support.record import pool_of

NOOP = {"model": "noop"}
TEXT = {"model": "text-generation", "input": "x"}


async def stored(native: Native, job_id: str) -> Any:
    """The job's row."""
    async with pool_of(native.site.record_url) as pool:
        row = await pool.fetchrow(
            "SELECT payload::text, pool, platform, priority, timeout_s, input_mime, template_id, staging FROM jobs "
            "WHERE id = $1::uuid",
            job_id.removeprefix("job_"),
        )
    assert row is not None
    return row


MEANINGS: list[tuple[dict[str, Any], str]] = [
    (TEXT, '{"prompt":"x"}'),
    ({"model": "text-generation", "input": {"prompt": "y", "top_k": 3}}, '{"prompt":"y","top_k":3}'),
    ({**TEXT, "payload": {"top_k": 3}}, '{"top_k":3,"prompt":"x"}'),
    ({"model": "text-generation", "payload": {"prompt": "z"}}, '{"prompt":"z"}'),
    ({"model": "text-to-speech", "input": "hi"}, '{"text":"hi"}'),
    ({"model": "video-production", "input": "a film"}, '{"entry":"prompt","prompt":"a film"}'),
]

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"model": "gpt-17"}, "model"),
    ({**TEXT, "payload": {"prompt": "y"}}, "input"),
    ({"model": "text-generation", "input": {"prompt": "y"}, "payload": {}}, "input"),
    ({"model": "data-processing", "input": "some words"}, "input"),
    ({"model": "image-classification"}, "input"),
    ({"model": "data-processing", "input": "file_" + "0" * 32}, "input"),
    ({**TEXT, "input": "file_" + "0" * 32}, "input"),
    ({"model": "text-generation", "payload": {"prompt": "y", "top_k": -1}}, "payload.top_k"),
    ({"model": "text-generation", "payload": {}}, "payload.prompt"),
    ({**NOOP, "priority": "soon"}, "priority"),
    ({**NOOP, "priority": 4}, "priority"),
    ({**NOOP, "timeout_seconds": 0}, "timeout_seconds"),
    ({**NOOP, "platform": "windows"}, "platform"),
    ({**NOOP, "run_at": "tomorrow"}, "run_at"),
    ({**NOOP, "run_at": "2030-02-30T00:00:00Z"}, "run_at"),
    ({**NOOP, "run_at": "0001-01-01T00:00:00+14:00"}, "run_at"),
    ({**NOOP, "destinations": ["nowhere"]}, "destinations"),
    ({**NOOP, "publish_at": "2030-01-01T00:00:00Z"}, "publish_at"),
    ({**NOOP, "template_id": "tmpl_x"}, "template_id"),
    ({**NOOP, "webhook_url": "ftp://example.com"}, "webhook_url"),
    ({**NOOP, "output_config": {"destination": "/tmp/x"}}, "output_config.destination"),
    ({**NOOP, "output_config": {"destination": "s3://mine/x"}}, "output_config.destination"),
    ({**NOOP, "output_config": {"format": "xml"}}, "output_config.format"),
    ({**NOOP, "requirements": {"gpu_type": "tpu"}}, "requirements"),
    ({**NOOP, "requirements": {"gpu_count": -1}}, "requirements.gpu_count"),
    ({**TEXT, "input": "nul \0"}, "input"),
    ({**NOOP, "surprise": True}, "surprise"),
]


async def test_what_a_bare_text_means_is_said_by_the_catalogue(native: Native) -> None:
    for body, payload in MEANINGS:
        made = await native.made("POST", "/v1/jobs", json=body)
        assert (await stored(native, made["job_id"]))["payload"] == payload


async def test_what_is_wrong_is_named(native: Native) -> None:
    for body, field in WRONG:
        reply = await native.ask("POST", "/v1/jobs", json=body)
        assert (reply.status, reply.code) == (422, "validation_error"), (body, reply.data)
        assert field in reply.problems, (body, reply.data)


async def test_requirements_lead_to_the_smallest_pool_that_has_them(native: Native) -> None:
    for name, gpus in (("t-one", 1), ("t-two", 2)):
        await native.made(
            "PUT", f"/v1/pools/{name}", json={"gpu_type": "t-gpu", "gpu_count": gpus, "vram_gb": 16}
        )
    wish = {"gpu_type": "T-GPU", "gpu_count": 1, "min_vram_gb": 16}
    made = await native.made("POST", "/v1/jobs", json={**NOOP, "requirements": wish})
    assert made["pool"] == "t-one"
    assert (await stored(native, made["job_id"]))["pool"] == "t-one"
    reply = await native.ask("POST", "/v1/jobs", json={**NOOP, "requirements": {**wish, "min_vram_gb": 99}})
    assert reply.status == 422
    assert "t-two (2 x t-gpu, 16 GB)" in reply.problems["requirements"]
    busy = await native.ask("DELETE", "/v1/pools/t-one")
    assert (busy.status, busy.code) == (409, "conflict")
    assert (await native.ask("DELETE", "/v1/pools/t-two")).status == 204


async def test_a_command_waits_for_machines_of_its_account(native: Native) -> None:
    made = await native.made("POST", "/v1/jobs", json={"model": "command", "input": "echo hello"})
    row = await stored(native, made["job_id"])
    assert row["payload"] == '{"command":"echo hello"}'
    assert row["pool"] == f"command-{native.account.id.hex}"
    wish = {"model": "command", "input": "ls", "requirements": {"gpu_count": 1}}
    assert "requirements" in (await native.ask("POST", "/v1/jobs", json=wish)).problems


async def test_a_template_stands_in_for_what_is_left_out(native: Native) -> None:
    template = await native.made(
        "POST",
        "/v1/templates",
        json={"name": "short", "model": "text-generation", "options": {"max_tokens": 9}},
    )
    body = {**TEXT, "payload": {"top_k": 1}, "template_id": template["template_id"]}
    row = await stored(native, (await native.made("POST", "/v1/jobs", json=body))["job_id"])
    assert row["payload"] == '{"max_tokens":9,"top_k":1,"prompt":"x"}'
    assert row["template_id"].hex == template["template_id"].removeprefix("tmpl_")
    other = await native.ask("POST", "/v1/jobs", json={**NOOP, "template_id": template["template_id"]})
    assert "text-generation" in other.problems["template_id"]


async def test_an_idempotency_key_stands_for_one_job(native: Native) -> None:
    key = {"Idempotency-Key": "once"}
    first = await native.ask("POST", "/v1/jobs", json=TEXT, headers=key)
    again = await native.ask("POST", "/v1/jobs", json=TEXT, headers=key)
    assert (first.status, again.status) == (201, 201)
    assert first.body == again.body
    other = await native.ask("POST", "/v1/jobs", json={**TEXT, "priority": "low"}, headers=key)
    assert (other.status, other.code) == (409, "idempotency_conflict")
    bad = await native.ask("POST", "/v1/jobs", json=TEXT, headers={"Idempotency-Key": "a b"})
    assert bad.status == 400
    assert (await native.made("GET", "/v1/jobs"))["total"] == 1


async def test_a_batch_judges_each_job_and_stores_the_good_ones_together(native: Native) -> None:
    jobs: list[Any] = [NOOP, {"model": "gpt-17"}, TEXT, {"model": "noop", "priority": "x"}]
    reply = await native.ask(
        "POST", "/v1/jobs:batch", json={"jobs": jobs}, headers={"Idempotency-Key": "batch"}
    )
    assert reply.status == 201
    assert (reply.body["submitted"], reply.body["failed"]) == (2, 2)
    assert [item["index"] for item in reply.body["jobs"]] == [0, 1, 2, 3]
    assert [item["status"] for item in reply.body["jobs"]] == ["queued", None, "queued", None]
    assert reply.body["jobs"][1]["error"]["details"][0]["field"] == "model"
    again = await native.ask(
        "POST", "/v1/jobs:batch", json={"jobs": jobs}, headers={"Idempotency-Key": "batch"}
    )
    assert again.body == reply.body


async def test_a_batch_without_one_good_job_is_refused_with_every_problem(native: Native) -> None:
    reply = await native.ask("POST", "/v1/jobs:batch", json={"jobs": [{"model": "gpt-17"}, {}]})
    assert reply.status == 422
    assert set(reply.problems) == {"jobs[0].model", "jobs[1].model"}
    for size in (0, 1001):
        assert (await native.ask("POST", "/v1/jobs:batch", json={"jobs": [NOOP] * size})).status == 422


async def test_a_thousand_jobs_fit_into_one_batch(native: Native) -> None:
    reply = await native.ask("POST", "/v1/jobs:batch", json={"jobs": [NOOP] * 1000})
    assert reply.body["submitted"] == 1000
    async with pool_of(native.site.record_url) as pool:  # not one by one through the API
        ids = [item["job_id"].removeprefix("job_") for item in reply.body["jobs"]]
        assert await pool.fetchval("SELECT count(*) FROM jobs WHERE id = ANY ($1::uuid[])", ids) == 1000
        await pool.execute("DELETE FROM jobs WHERE id = ANY ($1::uuid[])", ids)


def archive(*names: str) -> bytes:
    """A ZIP of empty files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return data.getvalue()


@pytest.mark.parametrize(
    ("content", "status"),
    [(archive("Dockerfile"), 201), (archive("../out"), 422), (b"no archive at all", 422)],
    ids=["good", "leaves", "none"],
)
async def test_a_projects_archive_is_looked_into(native: Native, content: bytes, status: int) -> None:
    slot = await native.made("POST", "/v1/files", json={"name": "p.zip", "mime": "application/zip"})
    async with native.session.put(slot["upload_url"], data=content, headers=slot["headers"]) as sent:
        assert sent.status == 200
    body = {"model": "project", "input": slot["file_id"], "platform": "linux-amd64"}
    reply = await native.ask("POST", "/v1/jobs", json=body)
    assert reply.status == status, reply.data
    if status == 422:
        assert "archive" in reply.problems["input"]


async def test_two_submits_with_one_key_at_once_make_one_job(native: Native) -> None:
    key = {"Idempotency-Key": "race"}
    replies = await asyncio.gather(
        *(native.ask("POST", "/v1/jobs", json=TEXT, headers=key) for _ in range(8))
    )
    assert {reply.status for reply in replies} == {201}
    assert len({reply.body["job_id"] for reply in replies}) == 1
