"""File names that lead elsewhere, in every upload: each object lies in a folder of its own, under one plain name."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator
from urllib.parse import quote

import aiohttp
import pytest
from tests.contract.auralis.desk import project
from tests.contract.ownership.parties import Party, party
from tests.contract.ownership.things import auralis_held
from tests.support.servers import s3_client
from tests.support.site import Site

NAMES = [
    "../../../etc/passwd", "..\\..\\win.ini", "/abs", "C:\\x", "..", ".", "", "a/../../b", "\u202egnp.exe", "a\x00b",
    "a\r\nX: 1",
    "result.json", ".data.json", "\uff0e\uff0e/x", "e\u0301", "x" * 5000, "uploads/x", "%2e%2e%2fx", "a b?c#d&e=f",
]  # fmt: skip
_ID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
#: What may stand in the bucket: an id's folder, perhaps one within, and a name.
KEY = re.compile(
    rf"(uploads|files|results)/{_ID}/((attempt-[\d-]+|incoming|[0-9a-f]{{16}})/)?[^/\\\x00-\x1f]+"
)


@pytest.fixture
async def who(site: Site) -> AsyncIterator[Party]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield await party(site, http)


async def _keys(site: Site) -> set[str]:
    async with s3_client(site.bucket) as s3:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=site.bucket.bucket)
        return {entry["Key"] async for page in pages for entry in page.get("Contents", [])}


def _form(name: str, content: bytes, **fields: str) -> aiohttp.FormData:
    """The name as it is, in the quotes of a form: only what would end them is written otherwise."""
    form = aiohttp.FormData(quote_fields=False, default_to_multipart=True)
    for key, value in fields.items():
        form.add_field(key, value)
    plain = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A").replace("\x00", "%00")
    form.add_field("file", content, filename=plain or "%20", content_type="application/octet-stream")
    return form


async def _uploads(who: Party, name: str) -> list[tuple[int, object]]:
    """Every way in."""
    table, zipped = b"name,score\nada,3\n", project()
    batch = {"jobs": [{"model": "data-processing", "filename": name, "payload": {},
                       "file_base64": f"data:text/csv;base64,{base64.b64encode(table).decode()}"}]}  # fmt: skip
    held = await auralis_held(who)
    return [
        await who.ask("radiance_client", "POST", "/radiance/airunner/submit",
                      data=_form(name, table, model="data-processing")),
        await who.ask("radiance_client", "POST", "/radiance/airunner/submit/batch", json=batch),
        await who.ask("native", "POST", "/v1/files", json={"name": name, "mime": "text/csv"}),
        await who.ask("native", "POST", "/v1/files", data=_form(name, table)),
        await who.ask("user_id", "POST", "/auralis/api/upload", data=_form(name, zipped)),
        await who.ask("auralis_worker", "POST", f"/auralis/api/worker/job/{held['id']}/output",
                      data=_form(name, b"output")),
        await who.ask("session", "POST", "/jobserver/api/files/upload", data=_form(name, zipped)),
    ]  # fmt: skip


async def test_every_upload_stays_in_its_folder(site: Site, who: Party) -> None:
    before = await _keys(site)
    taken = 0
    for name in NAMES:
        for status, answer in await _uploads(who, name):
            assert status < 500, (name, answer)
            taken += status < 300
            text = json.dumps(answer) if isinstance(answer, dict) else ""
            assert "../" not in text.replace(quote(name), "").replace(json.dumps(name)[1:-1], ""), (
                name,
                text,
            )
    new = await _keys(site) - before
    assert taken > 5 * len(NAMES), "most are taken, under a name that is none of the client's making"
    assert len(new) > 4 * len(NAMES)
    assert sorted(key for key in new if not KEY.fullmatch(key)) == []
    assert sorted(key for key in new if {"..", ".", ""} & set(key.split("/"))) == []
