"""Which jobs the demo chooses."""

from __future__ import annotations

from collections import Counter

from headrace.demo.findings import TOLD
from headrace.demo.jobs import JOBS, Fate
from headrace.demo.plan import plan
from headrace_contracts.catalogue.registry import CATALOGUE, general_models
from headrace_contracts.catalogue.validation import validate_payload
from headrace_contracts.jobs.priority import Priority

ALL = {model.id for model in general_models()}


def test_with_everything_installed_each_model_has_a_job_and_each_priority_is_used() -> None:
    jobs = plan(JOBS, ALL)
    assert {job.model for job in jobs} == ALL
    assert {job.priority for job in jobs} == set(Priority)
    fates = Counter(job.fate for job in jobs)
    assert (fates[Fate.FAILS], fates[Fate.CANCELLED], fates[Fate.SURVIVES]) == (1, 1, 1)
    assert len({job.key for job in jobs}) == len(jobs)
    assert max(len(job.title) for job in JOBS) <= 25


def test_each_job_that_completes_is_to_find_something() -> None:
    assert {job.key for job in JOBS if job.fate in {Fate.COMPLETES, Fate.SURVIVES}} == TOLD


def test_every_payload_is_valid_and_every_input_there_that_is_needed() -> None:
    for job in JOBS:
        model = CATALOGUE[job.model]
        assert validate_payload(model, dict(job.payload)) == [], job.key
        assert model.requires_file == (job.sample is not None or job.input_from is not None), job.key


def test_without_a_language_model_queries_are_killed_and_cancelled() -> None:
    jobs = plan(JOBS, ALL - {"text-generation"})
    assert {job.key: job.model for job in jobs if job.fate is not Fate.COMPLETES} == {
        "broken": "image-classification",
        "cancelled": "data-processing",
        "killed": "data-processing",
    }


def test_a_job_without_its_source_is_left_out() -> None:
    assert [job.key for job in plan(JOBS, {"speech-to-text", "document-analysis"})] == ["document"]
    assert plan(JOBS, set()) == []
