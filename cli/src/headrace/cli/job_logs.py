"""What a job wrote, for `headrace logs JOB`."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path

import typer

from headrace.cli.api import api_client
from headrace.client.events import Event
from headrace.client.sync import Client

#: Ids of jobs, as the API shows and takes them.
_JOB_ID = re.compile(r"job_.*|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: Between two readings of a job that writes all the time, in seconds: at first, and later. A key has 1,000 requests
#: an hour.
_FIRST_PAUSE_S = 0.3
_LAST_PAUSE_S = 5.0


def is_job_id(text: str) -> bool:
    return _JOB_ID.fullmatch(text) is not None


def show_job_logs(job_id: str, *, follow: bool, url: str | None, key: str | None, state_dir: Path) -> None:
    """Print stdout to stdout and stderr to stderr; ``follow`` until the job has ended."""
    with api_client(url, key, state_dir) as client:
        reader = JobLog(client, job_id)
        reader.show_new()
        if not follow:
            return
        pause_s = _FIRST_PAUSE_S
        for event in client.events(job_id):
            if event.kind == "output" and reader.has(event):
                continue
            if event.kind in {"output", "state"}:
                reader.show_new()
                time.sleep(pause_s)
                pause_s = min(pause_s * 1.1, _LAST_PAUSE_S)
        reader.show_new()


class JobLog:
    """Prints what a job wrote, each piece once."""

    def __init__(self, client: Client, job_id: str) -> None:
        self._client = client
        self._job_id = job_id
        self._after = -1
        self._seen = datetime.min.replace(tzinfo=UTC)

    def show_new(self) -> None:
        more = True
        while more:
            page = self._client.logs(self._job_id, after=self._after, limit=1000)
            for line in page.lines:
                typer.echo(line.text, nl=False, err=line.stream == "stderr")
                self._seen = line.at or self._seen
            self._after = max(self._after, page.next_after)
            more = page.has_more

    def has(self, event: Event) -> bool:
        """Whether this piece was printed already: one reading brings all that there is."""
        return datetime.fromisoformat(event.data["at"]) <= self._seen
