"""The folder of a run's result files: names are safe, unique and not too many."""

from __future__ import annotations

from pathlib import Path

import pytest

from headrace_agent.executors.handler.files import ResultFiles
from headrace_agent.handlers.api import MOST_EXTRA_FILES


@pytest.fixture
def files(tmp_path: Path) -> ResultFiles:
    found = ResultFiles(tmp_path / "out")
    found.extra_allowed = True
    return found


def test_only_what_was_written_is_a_result_and_the_order_is_kept(files: ResultFiles) -> None:
    assert files.written_main() is None
    main, b, a, _unwritten = files.main("m.bin"), files.beside("b"), files.beside("a"), files.beside("n")
    for path in (main, a, b):
        path.write_text(path.name)
    assert files.written_main() == main
    assert files.written_extra() == [b, a]
    assert (files.main("m.bin"), files.beside("b")) == (main, b)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a/b", "../a", ".data.json", "a\nb", "x:y", "a\u202eb", " a", "n" * 300],
)
def test_a_name_that_no_client_could_save_is_refused(files: ResultFiles, name: str) -> None:
    with pytest.raises(ValueError, match="result file"):
        files.beside(name)
    with pytest.raises(ValueError, match="result file"):
        files.main(name)


def test_no_two_files_share_a_name_whatever_its_case(files: ResultFiles) -> None:
    files.main("video.mp4")
    with pytest.raises(ValueError, match=r"one main result file, and 'video\.mp4' is taken"):
        files.main("other.mp4")
    with pytest.raises(ValueError, match=r"has a result file 'Video\.MP4' already"):
        files.beside("Video.MP4")
    files.beside("a.jpg")
    with pytest.raises(ValueError, match="already"):
        files.beside("A.jpg")


def test_a_name_beside_can_not_become_the_main_one(files: ResultFiles) -> None:
    files.beside("a.jpg")
    with pytest.raises(ValueError, match=r"'a\.jpg' is taken"):
        files.main("a.jpg")


def test_there_is_a_most(files: ResultFiles) -> None:
    for number in range(MOST_EXTRA_FILES):
        files.beside(f"{number}")
    with pytest.raises(ValueError, match="at most 16"):
        files.beside("one-more")


def test_a_handler_that_did_not_say_so_gets_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"Handler\(extra_files=True\)"):
        ResultFiles(tmp_path / "out").beside("a")
