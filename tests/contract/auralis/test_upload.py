"""Uploads: fields, archives, repeats."""

from __future__ import annotations

import asyncio
import gzip
import stat
import tarfile

import pytest
from tests.contract.auralis.desk import Auralis, project
from tests.unit.api.archives import samples


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("project.zip", samples.zipped()),
        ("project.tar", samples.tarred()),
        ("project.tar.gz", gzip.compress(samples.tarred())),
        ("misnamed.zip", samples.tarred()),
    ],
)
async def test_archive_is_told_by_its_content(auralis: Auralis, name: str, content: bytes) -> None:
    sent = await auralis.upload(content, filename=name)
    assert sent.status == 200
    token = await auralis.worker()
    await auralis.claim(sent.body["job_id"], token)
    fetched = await auralis.ask("GET", f"/api/worker/job/{sent.body['job_id']}/input", token=token)
    assert fetched.content == content
    assert f'filename="{name}"' in fetched.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"#!/bin/sh\necho hello\n", "no ZIP or tar"),
        (project()[:-30], "broken ZIP"),
        (gzip.compress(samples.tarred())[:-20], "truncated"),
        (samples.crafted_zip(b"a", b"x" * 20, size=8, crc=0, method=0, flags=1), "encrypted"),
        (samples.zipped({"zeros": bytes(70 << 20)}), "times its size"),
        (samples.zipped({"../evil": b"x"}), "leads out"),
        (samples.tarred({"/etc/passwd": b"x"}), "absolute"),
        (samples.zipped_kind("link", stat.S_IFLNK), "is a link"),
        (samples.tarred_kind("null", tarfile.CHRTYPE), "device"),
    ],
    ids=["empty", "text", "cut", "cut gzip", "encrypted", "bomb", "leaves", "absolute", "link", "device"],
)
async def test_archive_that_is_not_taken(auralis: Auralis, content: bytes, reason: str) -> None:
    answer = await auralis.upload(content)
    assert answer.status == 400
    assert answer.body["detail"]["code"] == "BAD_REQUEST"
    assert reason in answer.body["message"]
    assert (await auralis.mine("/api/jobs")).body == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"timeout": "0"}, "timeout"),
        ({"timeout": "1.5"}, "timeout"),
        ({"timeout": "-2"}, "timeout"),
        ({"timeout": "169"}, "timeout"),
        ({"timeout": "99999999999999"}, "timeout"),
        ({"timeout": "two"}, "timeout"),
        ({"output_directory": "x" * 1025}, "output_directory"),
        ({"output_directory": "a\x00b"}, "output_directory"),
    ],
)
async def test_field_that_is_not_taken(auralis: Auralis, fields: dict[str, str], field: str) -> None:
    answer = await auralis.upload(fields=fields)
    assert answer.status == 400
    assert field in answer.body["message"]


async def test_what_is_no_form_with_a_file(auralis: Auralis) -> None:
    params = {"user_id": auralis.user_id}
    plain = await auralis.ask("POST", "/api/upload", params=params, json={"file": "x"})
    assert (plain.status, "multipart/form-data" in plain.body["message"]) == (400, True)
    empty = await auralis.ask(
        "POST",
        "/api/upload",
        params=params,
        data=b'--x\r\nContent-Disposition: form-data; name="timeout"\r\n\r\n2\r\n--x--\r\n',
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert (empty.status, "'file' is required" in empty.body["message"]) == (400, True)


async def test_user_id_may_come_last_but_not_differ(auralis: Auralis, stranger: Auralis) -> None:
    def body(user_id: str) -> bytes:
        return (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="p.zip"\r\n\r\n'
            + project()
            + b'\r\n--x\r\nContent-Disposition: form-data; name="user_id"\r\n\r\n'
            + user_id.encode()
            + b"\r\n--x--\r\n"
        )

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    last = await auralis.ask("POST", "/api/upload", data=body(auralis.user_id), headers=headers)
    assert last.status == 200
    params = {"user_id": stranger.user_id}
    two = await auralis.ask("POST", "/api/upload", params=params, data=body(auralis.user_id), headers=headers)
    assert two.status == 400
    none = await auralis.ask("POST", "/api/upload", data=body(""), headers=headers)
    assert none.status == 401


async def test_same_key_makes_one_job(auralis: Auralis) -> None:
    headers = {"Idempotency-Key": "a-key"}
    first, second = await asyncio.gather(auralis.upload(headers=headers), auralis.upload(headers=headers))
    assert (first.status, second.status) == (200, 200)
    assert first.body == second.body
    assert len((await auralis.mine("/api/jobs")).body) == 1
    for other in (
        await auralis.upload(fields={"timeout": "3"}, headers=headers),
        await auralis.upload(project(b"other"), headers=headers),
    ):
        assert (other.status, other.body["detail"]["code"]) == (409, "IDEMPOTENCY_CONFLICT")
    assert len((await auralis.mine("/api/jobs")).body) == 1
