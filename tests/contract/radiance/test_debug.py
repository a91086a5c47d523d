"""Seed 002, ``/airunner/jobs/debug``: the last 100 jobs, the youngest first."""

from __future__ import annotations

from tests.contract.radiance.conftest import Radiance


async def test_at_most_100_jobs_youngest_first(radiance: Radiance) -> None:
    batch = {"jobs": [{"model": "noop"}] * 100}
    async with radiance.session.post(f"{radiance.origin}/airunner/submit/batch", json=batch) as answer:
        submitted = [job["id"] for job in (await answer.json())["result"]["jobs"]]
    async with radiance.session.get(f"{radiance.origin}/airunner/jobs/debug") as answer:
        jobs = (await answer.json())["result"]["jobs"]
    assert [job["id"] for job in jobs] == submitted[::-1]
    for job in jobs:
        assert job.keys() == {
            "id",
            "model",
            "priority",
            "status",
            "created_at",
            "started_at",
            "completed_at",
            "timing",
        }
