"""Files inside JSON."""

from __future__ import annotations

from base64 import b64encode

import msgspec
import pytest

from headrace_api.core.errors import BadRequestError
from headrace_api.dialects.radiance.data_url import DataUrl

DATA = bytes(range(256)) * 1000


def of(text: str) -> DataUrl:
    return DataUrl.of(msgspec.Raw(msgspec.json.encode(text)))


async def read(url: DataUrl) -> bytes:
    return b"".join([chunk async for chunk in url.chunks()])


@pytest.mark.parametrize("size", [0, 1, 2, 3, 49151, 49152, 49153, len(DATA)])
async def test_data_comes_back(size: int) -> None:
    url = of(f"data:image/png;base64,{b64encode(DATA[:size]).decode()}")
    assert url.mime == "image/png"
    assert await read(url) == DATA[:size]


async def test_parameters_and_case_are_fine() -> None:
    url = of(f"DATA:text/plain;charset=utf-8;BASE64,{b64encode(b'hi').decode()}")
    assert url.mime == "text/plain"
    assert await read(url) == b"hi"


async def test_line_breaks_are_left_out() -> None:
    text = b64encode(DATA[:1000]).decode()
    assert await read(of("data:;base64,\n" + text[:76] + "\r\n" + text[76:])) == DATA[:1000]


@pytest.mark.parametrize(
    "text", ["", "data:", "data:image/png,abc", "iVBORw0KGgo=", "data:image/png;base64", "http://x/y.png"]
)
def test_what_is_no_data_url(text: str) -> None:
    with pytest.raises(BadRequestError, match="must be a data URL"):
        of(text)


@pytest.mark.parametrize("data", ["a", "ab", "abc", "ab=c", "ab==cd==", "ab*d", "ab d", "äbcd"])
async def test_what_is_no_base64(data: str) -> None:
    with pytest.raises(BadRequestError, match="not valid base64"):
        await read(of(f"data:image/png;base64,{data}"))
