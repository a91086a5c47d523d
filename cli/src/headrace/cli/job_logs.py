"""What a job wrote, for `headrace logs JOB`."""

from __future__ import annotations

import re
import time
from pathlib import Path

import typer

from headrace.cli.api import api_client

#: Ids of jobs, as the API shows and takes them.
_JOB_ID = re.compile(r"(job_[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_POLL_S = 0.5


def is_job_id(text: str) -> bool:
    return _JOB_ID.fullmatch(text) is not None


def show_job_logs(job_id: str, *, follow: bool, url: str | None, key: str | None, state_dir: Path) -> None:
    """Print stdout to stdout and stderr to stderr; ``follow`` until the job has ended."""
    with api_client(url, key, state_dir) as client:
        after = -1
        while True:
            # The look comes before the reading, so that what an ended job wrote last is not missed.
            final = not follow or client.get(job_id).final
            more = True
            while more:
                page = client.logs(job_id, after=after)
                for line in page.lines:
                    typer.echo(line.text, nl=False, err=line.stream == "stderr")
                    after = line.seq
                more = page.has_more
            if final:
                return
            time.sleep(_POLL_S)
