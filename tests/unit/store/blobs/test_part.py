"""A part reads like a file, however its pieces lie."""

from __future__ import annotations

import io
import os

import pytest

from headrace_store.blobs.part import PartBody

DATA = os.urandom(10_000)


def body(piece: int) -> PartBody:
    part = PartBody()
    for at in range(0, len(DATA), piece):
        part.append(DATA[at : at + piece])
    part.append(b"")
    return part


@pytest.mark.parametrize("piece", [1, 7, 999, 10_000])
@pytest.mark.parametrize("size", [1, 64, 3333, 20_000])
def test_reads_in_any_steps(piece: int, size: int) -> None:
    part = body(piece)
    read = b""
    while chunk := part.read(size):
        read += chunk
    assert read == DATA
    assert part.tell() == len(part) == len(DATA)


def test_seeks_like_a_file() -> None:
    part, file = body(999), io.BytesIO(DATA)
    for offset, whence in (
        (10, io.SEEK_SET),
        (5, io.SEEK_CUR),
        (-20, io.SEEK_END),
        (20_000, io.SEEK_SET),
        (0, 0),
    ):
        assert part.seek(offset, whence) == file.seek(offset, whence)
        assert part.read(50) == file.read(50)


def test_empty_part() -> None:
    assert PartBody().read() == b""
