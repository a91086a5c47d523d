"""The version before this one, to be run beside it: its sources lie in ``previous/``, so that no history is needed."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
(ARCHIVE,) = (Path(__file__).parent / "previous").glob("*.tar.xz")


def unpacked(folder: Path) -> str:
    """Unpack it; returns the PYTHONPATH with which its packages come before those of this version."""
    with tarfile.open(ARCHIVE) as tar:
        tar.extractall(folder, filter="data")
    return os.pathsep.join(
        str(path) for path in sorted(folder.glob("*/src")) + sorted(folder.glob("*/*/src"))
    )


def migrate(record_url: str, python_path: str = "") -> str:
    """Run the migrations of a version as an operator does; returns what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "headrace_store", "migrate"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": python_path, "HEADRACE_POSTGRES_URL": record_url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
