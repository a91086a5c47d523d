"""A converted model is made once, whole or not at all."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from headrace_agent.handlers.vision.cache import made_once


def test_of_many_who_ask_one_makes_it_and_all_get_it(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "model.onnx"
    together = threading.Barrier(8)
    made = []

    def make(path: Path) -> None:
        made.append(path)
        path.write_text("half")
        assert not target.exists()
        path.write_text("whole")

    def ask(_: int) -> str:
        together.wait(timeout=10)
        return made_once(target, make).read_text()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == ["whole"] * 8
    assert len(made) == 1
    assert target.stat().st_mode & 0o777 == 0o644


def test_a_failure_leaves_nothing_and_the_next_try_works(tmp_path: Path) -> None:
    target = tmp_path / "model.onnx"

    def fail(path: Path) -> None:
        path.write_text("half")
        raise ValueError("the disk is full")

    with pytest.raises(ValueError, match="the disk is full"):
        made_once(target, fail)
    assert not target.exists()
    assert [path.name for path in tmp_path.iterdir()] == [".model.onnx.lock"]

    def succeed(path: Path) -> None:
        path.write_text("whole")

    assert made_once(target, succeed).read_text() == "whole"
