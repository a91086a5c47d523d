"""auralis: a project in an archive, and a worker that runs it, both as the text has them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import aiohttp

from headrace.demo.acts.archive import member, unzip, zipped, zipped_folder
from headrace.demo.acts.speaker import Speaker, until
from headrace.demo.acts.stage import WITHIN_S, Stage
from headrace.demo.findings import Finding

PLATFORM = "linux/amd64"
_PROGRAM = """\
import json, pathlib
words = pathlib.Path("words.txt").read_text().split()
out = pathlib.Path("output")
out.mkdir()
(out / "report.json").write_text(json.dumps({"words": len(words), "longest": max(words, key=len)}))
print("counted", len(words), "words")
"""
_WORDS = "a headrace is the channel that feeds the stream to the turbine"


async def play(stage: Stage) -> Finding:
    """A client uploads a project, a worker of the same account runs it, the client downloads the output."""
    user_id = stage.dev["auralis"]["user_id"]
    client = Speaker(stage.session, f"{stage.dev['auralis']['origin']}/api")
    form = aiohttp.FormData()
    form.add_field("user_id", user_id)
    form.add_field("platform", PLATFORM)
    form.add_field("timeout", "1")
    project = zipped({"main.py": _PROGRAM, "words.txt": _WORDS})
    form.add_field("file", project, filename="project.zip", content_type="application/zip")
    job_id = (await client.call("POST", "/upload", form=form))["job_id"]
    stage.submitted(UUID(job_id))
    await _work(stage, client, user_id, job_id)
    details = await until(
        lambda: client.call("GET", f"/jobs/{job_id}?user_id={user_id}"),
        lambda job: job["status"] in {"COMPLETED", "FAILED"},
        within_s=WITHIN_S,
        what=f"the end of project {job_id}",
    )
    link = await client.call("GET", f"/jobs/{job_id}/download-url?user_id={user_id}")
    report = json.loads(member(await client.fetch(link["download_url"]), "report.json"))
    return Finding(
        sentence=f"{report['words']} words, the longest is “{report['longest']}”",
        expectation="auralis: a worker runs a project from a zip, and its output comes back",
        as_expected=details["status"] == "COMPLETED"
        and report == {"words": len(_WORDS.split()), "longest": "headrace"},
    )


async def _work(stage: Stage, client: Speaker, user_id: str, job_id: str) -> None:
    """The worker's side: register, see the job, claim it, run it, hand in the output."""
    about = {"user_id": user_id, "name": "demo worker", "platform": PLATFORM}
    token = (await client.call("POST", "/worker/register", body=about))["token"]
    worker = client.as_(Authorization=f"Bearer {token}")
    await until(
        lambda: worker.call("GET", "/worker/jobs/available"),
        lambda jobs: any(job["id"] == job_id for job in jobs),
        within_s=WITHIN_S,
        what=f"project {job_id} among the available jobs",
    )
    await worker.call("POST", f"/worker/job/{job_id}/claim")
    stage.say(f"auralis: a worker claims project {job_id}")
    unzip(await worker.fetch(f"/worker/job/{job_id}/input"), stage.folder)
    await worker.call("POST", f"/worker/job/{job_id}/status", form={"status": "RUNNING"})
    done = await asyncio.to_thread(_run, stage.folder)
    if done.returncode != 0:
        failure = {"status": "FAILED", "error": done.stderr[-500:]}
        await worker.call("POST", f"/worker/job/{job_id}/status", form=failure)
        return
    form = aiohttp.FormData()
    output = zipped_folder(stage.folder / "output")
    form.add_field("file", output, filename="output.zip", content_type="application/zip")
    await worker.call("POST", f"/worker/job/{job_id}/output", form=form)
    await worker.call("POST", f"/worker/job/{job_id}/status", form={"status": "COMPLETED"})


def _run(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "main.py"], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
