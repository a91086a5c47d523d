"""A download goes where it was wished to, under a harmless name."""

from __future__ import annotations

from pathlib import Path

import pytest

from headrace.client.target import named, target_in


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="cat.png"', "cat.png"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ("attachment; filename*=UTF-8''na%C3%AFve.txt", "naïve.txt"),
        ("attachment", "fallback.json"),
        ("", "fallback.json"),
    ],
)
def test_the_servers_name_is_taken_without_its_folders(header: str, name: str) -> None:
    assert named({"content-disposition": header}, "fallback.json") == name


def test_a_file_that_was_named_is_the_place() -> None:
    assert target_in("/nowhere/mine.bin", "job_1")({}) == Path("/nowhere/mine.bin")
