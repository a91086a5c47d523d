"""A worker's life with one job, and what it may not do."""

from __future__ import annotations

import aiohttp
import pytest
from tests.contract.auralis.desk import Auralis, project


async def test_from_the_upload_to_the_download(auralis: Auralis, stranger: Auralis) -> None:
    """The worker belongs to another account: the text's marketplace."""
    content = project(b"echo once\n")
    sent = await auralis.upload(
        content, {"platform": "amd64", "timeout": "3", "output_directory": "/data/out"}
    )
    job, token = sent.body["job_id"], await stranger.worker()
    assert job in await stranger.available(token)
    claimed = await stranger.claim(job, token)
    assert claimed.status == 200
    assert claimed.body["job"]["payload"] == {"output_directory": "/data/out"}
    assert claimed.body["job"]["timeout"] == 3
    assert job not in await stranger.available(token)
    assert (await auralis.mine(f"/api/jobs/{job}")).body["status"] == "CLAIMED"
    fetched = await stranger.ask("GET", f"/api/worker/job/{job}/input", token=token)
    assert (fetched.status, fetched.content) == (200, content)
    assert fetched.headers["Content-Type"] == "application/zip"
    assert (await stranger.say(job, token, "RUNNING")).status == 200
    running = (await auralis.mine(f"/api/jobs/{job}")).body
    assert running["status"] == "RUNNING"
    assert running["started_at"]
    assert running["output_url"] is None
    assert (await stranger.say(job, token, "running")).body["job_status"] == "RUNNING"
    assert (await stranger.hand_in(job, token, b"first try", "a.txt")).status == 200
    assert (await stranger.hand_in(job, token, b"the output", "output.tar.gz")).status == 200
    assert (await stranger.say(job, token, "COMPLETED")).status == 200
    done = (await auralis.mine(f"/api/jobs/{job}")).body
    assert done["status"] == "COMPLETED"
    assert done["output_url"].endswith("/output.tar.gz")
    url = (await auralis.mine(f"/api/jobs/{job}/download-url")).body["download_url"]
    async with aiohttp.ClientSession() as session, session.get(url) as download:
        assert await download.read() == b"the output"
        assert "output.tar.gz" in download.headers["Content-Disposition"]


async def test_status_never_goes_back(auralis: Auralis) -> None:
    job, token = await auralis.job(), await auralis.worker()
    assert (await auralis.claim(job, token)).status == 200
    assert (await auralis.say(job, token, "RUNNING")).status == 200
    assert (await auralis.say(job, token, "COMPLETED")).status == 200
    for word in ("RUNNING", "FAILED"):
        answer = await auralis.say(job, token, word)
        assert answer.status == 409
        assert answer.body["message"] == "The job is COMPLETED already"
    again = await auralis.say(job, token, "COMPLETED")  # the answer to the first may have been lost
    assert (again.status, again.body["job_status"]) == (200, "COMPLETED")
    assert (await auralis.hand_in(job, token, b"late")).status == 409
    assert (await auralis.claim(job, token)).status == 409
    assert (await auralis.ask("GET", f"/api/worker/job/{job}/input", token=token)).status == 409


async def test_job_without_an_output(auralis: Auralis) -> None:
    job, token = await auralis.job(), await auralis.worker()
    await auralis.claim(job, token)
    assert (await auralis.say(job, token, "COMPLETED")).status == 200
    shown = (await auralis.mine(f"/api/jobs/{job}")).body
    assert (shown["status"], shown["output_url"]) == ("COMPLETED", None)
    answer = await auralis.mine(f"/api/jobs/{job}/download-url")
    assert (answer.status, answer.body["detail"]["code"]) == (404, "NO_OUTPUT")


async def test_job_that_failed_says_why(auralis: Auralis) -> None:
    job, token = await auralis.job(), await auralis.worker()
    await auralis.claim(job, token)
    assert (await auralis.say(job, token, "FAILED", error="run.sh: exit status 3")).status == 200
    shown = (await auralis.mine(f"/api/jobs/{job}")).body
    assert (shown["status"], shown["error"]) == ("FAILED", "run.sh: exit status 3")
    assert shown["completed_at"]
    assert (await auralis.mine(f"/api/jobs/{job}/download-url")).status == 409


@pytest.mark.parametrize("word", ["", "PENDING", "CLAIMED", "DONE"])
async def test_word_that_is_not_the_workers_to_say(auralis: Auralis, word: str) -> None:
    job, token = await auralis.job(), await auralis.worker()
    await auralis.claim(job, token)
    answer = await auralis.say(job, token, word)
    assert answer.status == 400
    assert "RUNNING, COMPLETED, FAILED" in answer.body["message"]


async def test_status_as_json_too(auralis: Auralis) -> None:
    job, token = await auralis.job(), await auralis.worker()
    await auralis.claim(job, token)
    path = f"/api/worker/job/{job}/status"
    assert (await auralis.ask("POST", path, token=token, json={"status": "RUNNING"})).status == 200
    broken = await auralis.ask(
        "POST", path, token=token, data=b"{", headers={"Content-Type": "application/json"}
    )
    assert broken.status == 400
    other = await auralis.ask("POST", path, token=token, data=b"x", headers={"Content-Type": "text/plain"})
    assert other.status == 400
