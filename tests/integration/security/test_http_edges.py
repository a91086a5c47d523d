"""Requests that two programs would read differently, and texts of clients that become headers."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from email.message import Message

import aiohttp
import pytest
from tests.contract.ownership.parties import Party, party
from tests.contract.ownership.things import radiance_held
from tests.support.servers import run_apart
from tests.support.service_process import AGENT_TOKEN
from tests.support.site import Site

from headrace_api.http.files import disposition

_SMUGGLED = "GET /v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"


def _post(headers: str, body: str) -> str:
    return f"POST /radiance/airunner/submit HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n{body}"


AMBIGUOUS = {
    "both lengths": _post("Content-Length: 5\r\nTransfer-Encoding: chunked", f"0\r\n\r\n{_SMUGGLED}"),
    "lengths that differ": _post("Content-Length: 0\r\nContent-Length: 44", _SMUGGLED),
    "a list of lengths": _post("Content-Length: 0, 44", _SMUGGLED),
    "a length with a sign": _post("Content-Length: +0", _SMUGGLED),
    "a negative length": _post("Content-Length: -1", _SMUGGLED),
    "a length in hex": _post("Content-Length: 0x0", _SMUGGLED),
    "a length with a space before its colon": _post("Content-Length : 0", _SMUGGLED),
    "an unknown coding": _post("Transfer-Encoding: xchunked", f"0\r\n\r\n{_SMUGGLED}"),
    "chunked, and then not": _post("Transfer-Encoding: chunked, identity", f"0\r\n\r\n{_SMUGGLED}"),
    "two codings": _post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", f"0\r\n\r\n{_SMUGGLED}"),
    "a coding with a tab": _post("Transfer-Encoding:\tchunked\x0b", f"0\r\n\r\n{_SMUGGLED}"),
    "a folded header": _post("X-A: b\r\n Content-Length: 0", _SMUGGLED),
    "a NUL in a header": _post("X-A: b\x00c\r\nContent-Length: 0", _SMUGGLED),
    "a bare CR in a header": _post("X-A: b\rContent-Length: 44\r\nContent-Length: 0", _SMUGGLED),
    "a chunk's size with a sign": _post("Transfer-Encoding: chunked", f"+0\r\n\r\n{_SMUGGLED}"),
    "a chunk's size in 0x": _post("Transfer-Encoding: chunked", f"0x0\r\n\r\n{_SMUGGLED}"),
    "a chunk that ends early": _post("Transfer-Encoding: chunked", f"2\r\nabcd\r\n0\r\n\r\n{_SMUGGLED}"),
}  # fmt: skip


@pytest.mark.parametrize("request_text", AMBIGUOUS.values(), ids=AMBIGUOUS)
async def test_an_ambiguous_request_is_the_last_of_its_connection(site: Site, request_text: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.api.api_port)
    try:
        writer.write(request_text.encode("latin-1"))
        async with asyncio.timeout(10):
            said = await reader.read()
    except ConnectionError:
        said = b""
    finally:
        writer.close()
    answers = re.findall(rb"HTTP/1\.[01] (\d{3})", said)
    assert len(answers) <= 1, said[:300]
    assert not answers or answers[0] == b"400", said[:300]
    assert b"openapi" not in said


NAMES = [
    'a"; filename="evil.html', "a\r\nSet-Cookie: a=b\r\n\r\n<html>", "a\nb", "a\x00b", "résumé.pdf", "报告.pdf",
    "\u202egnp.exe", "../../etc/passwd", "..\\..\\win.ini", "a;b=c", "a%0d%0aX: 1", "'", "\\", "\ud800",
    "\u2028", "x" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("name", [name for name in NAMES if name != "\ud800"])
def test_a_name_in_a_header_is_one_line_of_ascii(name: str) -> None:
    value = disposition(name)
    assert value.isascii()
    assert value.isprintable()
    parsed = Message()
    parsed["Content-Disposition"] = value
    assert parsed.get_content_disposition() == "attachment"
    assert {key.lower() for key, _ in (parsed.get_params(header="Content-Disposition") or [])[1:]} == {
        "filename"
    }


@pytest.fixture(scope="module")
def who(site: Site) -> Party:
    async def make() -> Party:
        async with aiohttp.ClientSession() as http:
            return await party(site, http)

    return run_apart(make())


@pytest.mark.parametrize("name", NAMES)
async def test_a_result_of_any_name_is_a_download_and_nothing_else(site: Site, who: Party, name: str) -> None:
    """An agent names the file; a client gets it."""
    async with aiohttp.ClientSession() as http:
        held = await radiance_held(replace(who, session=http))
        agent = {"Authorization": f"Bearer {AGENT_TOKEN}", "x-claim-token": held["claim"]}
        quoted = (
            name.encode("utf-8", "surrogatepass")
            .replace(b'"', b"%22")
            .replace(b"\r", b"")
            .replace(b"\n", b"")
        )
        body = (
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="' + quoted + b'"\r\n'
            b"Content-Type: text/html\r\n\r\n<script>alert(1)</script>\r\n--b--\r\n"
        )  # fmt: skip
        form = {"Content-Type": "multipart/form-data; boundary=b"}
        url = f"{site.url}/radiance/airunner/agent/return/{held['id']}"
        async with http.post(url, data=body, headers=agent | form) as answer:
            assert answer.status in {200, 400}, await answer.text()
            if answer.status == 400:
                return
        async with http.get(f"{site.url}/radiance/airunner/result/file/{held['id']}") as answer:
            assert answer.status == 200, await answer.text()
            shown = answer.headers
    assert shown["Content-Disposition"].startswith('attachment; filename="')
    assert "/" not in shown["Content-Disposition"].partition(";")[2].replace("UTF-8''", "")
    assert (shown["X-Content-Type-Options"], shown["Content-Security-Policy"]) == (
        "nosniff", "default-src 'none'; sandbox",
    )  # fmt: skip
    assert "Set-Cookie" not in shown


@pytest.mark.parametrize("given", ["a b", "x" * 101, "é", "a;b", "<script>", "a\tb", "%0d%0a"])
async def test_only_a_plain_request_id_comes_back(site: Site, given: str) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{site.url}/", headers={"X-Request-Id": given}) as answer:
            assert re.fullmatch(r"[0-9a-f]{24}", answer.headers["X-Request-Id"])
        async with http.get(f"{site.url}/", headers={"X-Request-Id": "abc-123"}) as answer:
            assert answer.headers["X-Request-Id"] == "abc-123"


async def test_every_answer_is_what_it_says_and_for_no_other_origin(site: Site) -> None:
    origin = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    async with aiohttp.ClientSession() as http:
        for mount in ("/v1/models", "/radiance/airunner/models", "/auralis/api/jobs", "/auraflux/v1/account",
                      "/jobserver/api/jobs/list", "/nothing", "/docs"):  # fmt: skip
            for method in ("GET", "OPTIONS"):
                async with http.request(method, site.url + mount, headers=origin) as answer:
                    assert answer.headers["X-Content-Type-Options"] == "nosniff", (method, mount)
                    assert not [name for name in answer.headers if name.startswith("Access-Control-")]
                    assert answer.headers["Server"] == "headrace"
