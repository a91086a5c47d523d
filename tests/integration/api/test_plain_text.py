"""A NUL in an address is a bad request of the dialect that was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
from tests.support.service_process import ServiceProcess
from yarl import URL

PATHS: Mapping[str, Callable[[Any], bool]] = {
    "/v1/jobs/a%00b": lambda body: body["error"]["code"] == "bad_request",
    "/radiance/airunner/status/a%00b": lambda body: body["error"]["code"] == "BAD_REQUEST",
    "/auralis/api/jobs?user_id=a%00b": lambda body: body["detail"]["code"] == "BAD_REQUEST",
    "/auraflux/v1/jobs?status=%00": lambda body: body["error"]["code"] == "bad_request",
    "/jobserver/api/workers/%00": lambda body: body["code"] == "INVALID_REQUEST",
}


async def test_a_nul_in_an_address_is_refused_in_each_dialect(api: ServiceProcess) -> None:
    async with aiohttp.ClientSession() as session:
        for path, in_its_words in PATHS.items():
            async with session.get(URL(api.api_url + path, encoded=True)) as answer:
                assert answer.status == 400, path
                assert in_its_words(await answer.json()), path
