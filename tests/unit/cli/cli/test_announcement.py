"""What `headrace up` prints at the end of its start."""

from __future__ import annotations

import shlex
from pathlib import Path

from headrace.cli.announcement import announcement, try_line


def test_the_line_to_paste_is_one_shell_command_with_a_real_file() -> None:
    words = shlex.split(try_line("http://127.0.0.1:8080"))
    assert words[:3] == ["printf", r"name,score\nada,3\ngrace,5\nalan,4\n", "|"]
    assert words[-1] == "http://127.0.0.1:8080/radiance/airunner/submit"
    assert "file=@-;filename=scores.csv;type=text/csv" in words


def test_a_folder_with_a_space_is_quoted_where_it_is_pasted() -> None:
    text = announcement(
        api_url="http://127.0.0.1:1", nats_url="nats://127.0.0.1:2", state_dir=Path("/a b"), seconds=2.34
    )
    assert "Headrace is ready after 2.3 s." in text
    assert "headrace down --state-dir '/a b'" in text
