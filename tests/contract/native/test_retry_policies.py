"""Retry policies and queue timeouts, as clients state and see them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.contract.native.conftest import Native
from tests.support.waiting import until

STATED = {
    "max_attempts": 5, "backoff_s": 10.0, "factor": 2.0, "longest_s": 90.0, "jitter": 0.5,
    "retry_on": ["handler", "lost"],
}  # fmt: skip
FAR = "2099-01-01T00:00:00Z"


async def seen(native: Native, **fields: Any) -> Any:
    """A job that does not run, as it is shown."""
    return await native.made("GET", f"/v1/jobs/{await native.job(run_at=FAR, **fields)}")


async def test_a_job_without_a_policy_shows_its_models(native: Native) -> None:
    job = await seen(native)
    assert (job["max_attempts"], job["queue_timeout_s"], job["start_by"]) == (3, None, None)
    assert job["retry"]["retry_on"] == ["crash", "lost", "transfer"]


async def test_a_policy_is_kept_and_what_it_leaves_out_is_the_models(native: Native) -> None:
    job = await seen(native, retry=STATED)
    assert (job["retry"], job["max_attempts"]) == (STATED, 5)
    plain = await seen(native)
    partly = await seen(native, retry={"max_attempts": 1})
    assert partly["retry"] == {**plain["retry"], "max_attempts": 1}


async def test_a_queue_timeout_counts_from_the_jobs_time_on(native: Native) -> None:
    job = await seen(native, queue_timeout_s=60)
    assert job["queue_timeout_s"] == 60
    assert datetime.fromisoformat(job["start_by"]) == datetime.fromisoformat(FAR) + timedelta(minutes=1)


async def test_a_template_holds_both_and_the_job_has_the_last_word(native: Native) -> None:
    body = {"name": "patient", "retry": {"max_attempts": 9, "backoff_s": 7}, "queue_timeout_s": 30}
    kept = await native.made("POST", "/v1/templates", json=body)
    assert (kept["retry"], kept["queue_timeout_s"]) == (body["retry"], 30)
    of_template = await seen(native, template_id=kept["template_id"])
    assert (of_template["retry"]["max_attempts"], of_template["retry"]["backoff_s"]) == (9, 7)
    assert of_template["queue_timeout_s"] == 30
    own = await seen(native, template_id=kept["template_id"], retry={"max_attempts": 2}, queue_timeout_s=5)
    assert (own["retry"]["max_attempts"], own["retry"]["backoff_s"], own["queue_timeout_s"]) == (2, 7, 5)
    path = f"/v1/templates/{kept['template_id']}"
    changed = await native.made("PUT", path, json={"name": "hasty"})
    assert (changed["retry"], changed["queue_timeout_s"]) == (None, None)


async def test_a_retry_of_a_job_has_its_policy(native: Native) -> None:
    first = await native.job(run_at=FAR, retry=STATED, queue_timeout_s=3600)
    await native.made("DELETE", f"/v1/jobs/{first}")
    again = await native.made("POST", f"/v1/jobs/{first}/retry")
    job = await native.made("GET", f"/v1/jobs/{again['job_id']}")
    assert (job["retry"], job["queue_timeout_s"]) == (STATED, 3600)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"retry": {"max_attempts": 0}}, "retry.max_attempts"),
        ({"retry": {"max_attempts": 21}}, "retry.max_attempts"),
        ({"retry": {"max_attempts": "3"}}, "retry.max_attempts"),
        ({"retry": {"backoff_s": -1}}, "retry.backoff_s"),
        ({"retry": {"factor": 0.5}}, "retry.factor"),
        ({"retry": {"longest_s": 86401}}, "retry.longest_s"),
        ({"retry": {"jitter": 1.1}}, "retry.jitter"),
        ({"retry": {"retry_on": ["nonsense"]}}, "retry.retry_on[0]"),
        ({"retry": {"retry_on": ["lost", "queue_timeout"]}}, "retry.retry_on[1]"),
        ({"retry": {"attempts": 3}}, "retry.attempts"),
        ({"retry": 3}, "retry"),
        ({"queue_timeout_s": 0}, "queue_timeout_s"),
        ({"queue_timeout_s": 2_592_001}, "queue_timeout_s"),
        ({"queue_timeout_s": "60"}, "queue_timeout_s"),
    ],
)
async def test_a_wrong_policy_is_named(native: Native, fields: dict[str, Any], field: str) -> None:
    refused = await native.ask("POST", "/v1/jobs", json={"model": "noop", **fields})
    assert refused.status == 422
    assert field in refused.problems


async def test_a_job_that_nobody_starts_in_time_fails(native: Native) -> None:
    job_id = await native.job(queue_timeout_s=1)

    async def ended() -> Any:
        return await native.made("GET", f"/v1/jobs/{job_id}")

    job = await until(ended, lambda found: found["status"] == "failed", every_s=0.2)
    assert (job["attempt"], job["failure"]["code"]) == (0, "queue_timeout")
    assert "queue timeout of 1 seconds" in job["failure"]["reason"]
