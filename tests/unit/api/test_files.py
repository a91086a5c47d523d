"""Ranges and names of downloads."""

from __future__ import annotations

import pytest

from headrace_api.core.errors import RangeError
from headrace_api.http.files import disposition, parse_range


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, None),
        ("bytes=0-4", (0, 4)),
        ("bytes=5-", (5, 9)),
        ("bytes=5-500", (5, 9)),
        ("bytes=-3", (7, 9)),
        ("bytes=-300", (0, 9)),
        ("bytes=4-2", None),
        ("bytes=1-2,4-5", None),
        ("rows=1-2", None),
        ("bytes=-", None),
    ],
)
def test_range_of_ten_bytes(header: str | None, wanted: tuple[int, int] | None) -> None:
    assert parse_range(header, 10) == wanted


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=100-200", "bytes=-0"])
def test_range_outside(header: str) -> None:
    with pytest.raises(RangeError):
        parse_range(header, 10)


def test_plain_name() -> None:
    assert disposition("output (1).jpg") == 'attachment; filename="output (1).jpg"'


def test_name_that_would_break_out_of_the_header() -> None:
    value = disposition('a"; filename="evil\r\nX: y.jpg')
    assert "\r" not in value
    assert "\n" not in value
    assert value.startswith("attachment; filename=\"a__ filename=_evil__X_ y.jpg\"; filename*=UTF-8''a%22")


def test_name_of_other_letters_comes_in_both_forms() -> None:
    assert disposition("кот.png") == (
        "attachment; filename=\"___.png\"; filename*=UTF-8''%D0%BA%D0%BE%D1%82.png"
    )
