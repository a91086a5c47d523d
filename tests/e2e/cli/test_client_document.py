"""docs/client.md, as a reader follows it: every command and every program in it, in order."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.support.live_stack import ROOT, live_stack


def script(text: str) -> str:
    """One shell script of all blocks."""
    parts = ["set -eu"]
    for language, block in re.findall(r"^```(sh|python)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        parts.append(block if language == "sh" else f"python - <<'PROGRAM'\n{block}PROGRAM")
    return "\n".join(parts)


def test_all_of_it_runs_as_written(tmp_path: Path) -> None:
    text = (ROOT / "docs/client.md").read_text()
    # The reader's folder: the stack's files, and the programs of the environment.
    (tmp_path / ".venv").symlink_to(sys.prefix)
    with live_stack(tmp_path / "stack", "--slots", "2") as stack:
        (tmp_path / ".headrace").symlink_to(stack.state_dir)
        done = subprocess.run(
            ["bash", "-c", script(text)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=95,
            check=False,
        )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert '"row_count": 3' in said
    assert "3 rows, by agent-1" in said
    assert re.search(r"^job_\w+ cancelled$", done.stdout, re.MULTILINE)
    assert "422 validation_error" in said
    assert (tmp_path / "speech.wav").read_bytes().startswith(b"RIFF")
    assert len(list(tmp_path.glob("job_*.wav"))) == 3
