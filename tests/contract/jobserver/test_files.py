"""Seed 003, «files»."""

from __future__ import annotations

import aiohttp
from tests.contract.jobserver.conftest import Cast, OpenSite
from tests.contract.jobserver.shapes import FILE, FILE_NOT_FOUND, TIME, UNAUTHORIZED, error, expect
from tests.support.record import pool_of
from tests.support.transcript import like

from headrace_api.dialects.jobserver.ids import file_of

MIB = 1024 * 1024


async def test_a_file_is_uploaded_and_downloaded(cast: Cast) -> None:
    content = b"PK\x05\x06" + bytes(18)
    known = expect(
        await cast.user.upload(content, "project.zip"),
        201,
        {
            "success": True,
            "fileId": FILE.saved_as("file"),
            "filename": "project.zip",
            "size": len(content),
            "uploadedAt": TIME,
            "url": like(r"/uploads/file-[0-9a-f]{32}/project\.zip"),
            "expiresAt": TIME,
        },
    )
    answer = await cast.user.get(f"/files/download/{known['file']}")
    assert (answer.status, answer.body) == (200, content)
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="project.zip"'
    part = await cast.user.ask("GET", f"/files/download/{known['file']}", headers={"Range": "bytes=2-3"})
    assert (part.status, part.body) == (206, content[2:4])


async def test_a_large_file_streams_through(cast: Cast) -> None:
    # More than files of other dialects may have.
    answer = await cast.user.upload(bytes(60 * MIB), "large.bin")
    assert (answer.status, answer.body["size"]) == (201, 60 * MIB)


async def test_500_mb_are_too_much(cast: Cast) -> None:
    async def zeros() -> object:
        yield bytes(MIB)

    headers = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(502 * MIB)}
    url = f"{cast.origin}/api/files/upload"
    async with cast.user.session.post(
        url, data=zeros(), headers={**cast.user.headers, **headers}, expect100=False
    ) as answer:
        assert answer.status == 400
        assert await answer.json() == error("Invalid file", "File size exceeds 500MB limit", "INVALID_FILE")


async def test_what_is_no_upload_is_told(cast: Cast) -> None:
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("other", "x")
    expect(
        await cast.user.ask("POST", "/files/upload", data=form),
        400,
        error("Invalid file", "file is required", "INVALID_FILE"),
    )
    expect(await cast.user.upload(b""), 400, error("Invalid file", "The file is empty", "INVALID_FILE"))
    answer = await cast.user.post("/files/upload", {"file": "x"})
    assert (answer.status, answer.body["error"]) == (400, "Invalid file")


async def test_files_belong_to_their_account(cast: Cast) -> None:
    file = (await cast.user.upload()).body
    worker, stranger = await cast.admin.register(), await cast.stranger.register()
    paths = (f"/files/download/{file['fileId']}", f"!{file['url']}")
    for path in paths:
        assert (await worker.get(path)).status == 200
        expect(await stranger.get(path), 404, FILE_NOT_FOUND)
        expect(await cast.stranger.get(path), 404, FILE_NOT_FOUND)
        expect(await cast.nobody.get(path), 401, UNAUTHORIZED)
        expect(await cast.nobody.having(x_worker_token="jw_wrong").get(path), 401, UNAUTHORIZED)
    expect(await cast.user.get("/files/download/file-abc123"), 404, FILE_NOT_FOUND)
    expect(
        await cast.stranger.post("/jobs/submit", {"command": "x", "fileUrl": file["url"]}),
        404,
        FILE_NOT_FOUND,
    )
    expect(await cast.nobody.upload(), 401, UNAUTHORIZED)
    expect(await worker.upload(), 401, UNAUTHORIZED)


async def test_a_file_outlives_its_time_for_the_worker_whose_job_needs_it(
    cast: Cast, open_site: OpenSite
) -> None:
    file = (await cast.user.upload()).body
    holder, other = await cast.admin.register(), await cast.admin.register()
    await cast.user.submit(fileUrl=file["url"])
    got = await holder.get_job()
    async with pool_of(open_site.site.record_url) as pool:
        await pool.execute("UPDATE files SET expires_at = now() WHERE id = $1", file_of(file["fileId"]))
    assert (await holder.ask("GET", got["fileUrl"])).status == 200
    for caller in (other, cast.user):
        expect(await caller.ask("GET", got["fileUrl"]), 404, FILE_NOT_FOUND)
