"""What `headrace up` prints when everything answers."""

from __future__ import annotations

import shlex
from pathlib import Path

TRY_CSV = r"name,score\nada,3\ngrace,5\nalan,4\n"


def announcement(*, api_url: str, nats_url: str, state_dir: Path, seconds: float | None = None) -> str:
    """Addresses, a line that submits a job when it is pasted into a shell, and how to stop."""
    took = f" after {seconds:.1f} s" if seconds is not None else ""
    folder = shlex.quote(str(state_dir))
    return "\n".join(
        (
            "",
            f"Headrace is ready{took}.",
            f"  API         {api_url}/radiance/airunner/models",
            f"  dashboard   {api_url}/",
            f"  NATS        {nats_url}",
            f"  credentials {state_dir / 'dev.json'}",
            "",
            "Submit a first job (paste it into another terminal):",
            "  " + try_line(api_url),
            "",
            f"Look at it:  headrace status --state-dir {folder}",
            f"             headrace logs -f --state-dir {folder}",
            f"Stop it:     headrace down --state-dir {folder}",
        )
    )


def try_line(api_url: str) -> str:
    """A curl command that sends a small CSV file made on the spot."""
    return (
        f"printf '{TRY_CSV}' | curl -sS -F model=data-processing "
        f"-F 'file=@-;filename=scores.csv;type=text/csv' {api_url}/radiance/airunner/submit"
    )
