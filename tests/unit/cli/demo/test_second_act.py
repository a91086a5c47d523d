"""The second act: a job for each of the other dialects, and small tools of its plays."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from headrace.demo.acts.archive import member, unzip, zipped, zipped_folder
from headrace.demo.acts.ids import job_uuid
from headrace.demo.acts.second import JOBS, WORKED_HERE
from headrace.demo.acts.speaker import until
from headrace.demo.client import ApiError
from headrace.demo.plan import plan
from headrace_contracts.catalogue.registry import CATALOGUE
from headrace_contracts.catalogue.validation import validate_payload


def test_each_dialect_has_a_job_that_its_model_takes() -> None:
    jobs = plan(JOBS, {job.model for job in JOBS})
    assert {job.dialect for job in jobs} == {"native", "auralis", "auraflux", "jobserver"}
    assert len({job.key for job in jobs}) == len(jobs)
    for job in JOBS:
        assert job.model in CATALOGUE
        if job.dialect == "native":
            assert validate_payload(CATALOGUE[job.model], dict(job.payload)) == []


def test_what_no_agent_can_run_is_left_out() -> None:
    jobs = plan(JOBS, {"data-processing", *WORKED_HERE})
    assert [(job.key, job.model) for job in jobs] == [
        ("native", "data-processing"),
        ("project", "project"),
        ("command", "command"),
    ]


def test_archives_go_there_and_back(tmp_path: Path) -> None:
    unzip(zipped({"a/b.txt": "one", "c.txt": "two"}), tmp_path)
    again = zipped_folder(tmp_path)
    assert (member(again, "b.txt"), member(again, "c.txt")) == ("one", "two")


@pytest.mark.parametrize(
    "shown", ["job_0190a1b2c3d47e5f8091a2b3c4d5e6f7", "0190a1b2-c3d4-7e5f-8091-a2b3c4d5e6f7"]
)
def test_ids_as_they_are_shown(shown: str) -> None:
    assert job_uuid(shown) == UUID("0190a1b2-c3d4-7e5f-8091-a2b3c4d5e6f7")


async def test_what_does_not_come_is_said() -> None:
    async def look() -> str:
        return "queued"

    with pytest.raises(ApiError, match="the end of it: not within 0 s; last seen: queued"):
        await until(look, lambda state: state == "done", within_s=0, what="the end of it")
