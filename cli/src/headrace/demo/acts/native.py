"""The native API, by our own Python client."""

from __future__ import annotations

from headrace.client.aio import AsyncClient
from headrace.client.errors import HeadraceError
from headrace.demo.acts.ids import job_uuid
from headrace.demo.acts.stage import WITHIN_S, Stage
from headrace.demo.client import ApiError
from headrace.demo.findings import Finding
from headrace.demo.samples_text import CSV_ROWS


async def play(stage: Stage) -> Finding:
    """Submit, wait and read the result."""
    access, job = stage.dev["native"], stage.job
    file = job.sample(stage.folder) if job.sample is not None else None
    try:
        async with AsyncClient(access["origin"], access["api_key"]) as client:
            made = await client.submit(job.model, payload=job.payload, file=file, priority=job.priority.word)
            stage.submitted(job_uuid(made.job_id))
            ended = await client.wait(made.job_id, timeout_s=WITHIN_S)
    except HeadraceError as error:
        raise ApiError(str(error)) from error
    rows = ended.result["row_count"]
    return Finding(
        sentence=f"{rows:,} rows, uploaded straight to the file store",
        expectation="native: our Python client uploads a table, submits a job and reads its result",
        as_expected=rows == CSV_ROWS,
    )
