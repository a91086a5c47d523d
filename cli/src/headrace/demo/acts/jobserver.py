"""jobserver: a command on a worker, with both curl workflows of the text in one play."""

from __future__ import annotations

import asyncio

import aiohttp

from headrace.demo.acts.archive import unzip, zipped
from headrace.demo.acts.ids import job_uuid
from headrace.demo.acts.speaker import Speaker, until
from headrace.demo.acts.stage import WITHIN_S, Stage
from headrace.demo.findings import Finding

_WORDS = "river\nturbine\nriver\ngate\nriver\nturbine\n"
_COMMAND = "sort words.txt | uniq -c | sort -rn"
_WORKER = "demo-worker"


async def play(stage: Stage) -> Finding:
    """Log in, upload, submit; a worker takes the command, streams its output and submits the result."""
    access = stage.dev["jobserver"]
    api = Speaker(stage.session, f"{access['origin']}/api")
    who = {"email": access["email"], "password": access["password"]}
    user = api.as_(Authorization=f"Bearer {(await api.call('POST', '/auth/login', body=who))['token']}")
    form = aiohttp.FormData()
    project = zipped({"project/words.txt": _WORDS})
    form.add_field("file", project, filename="project.zip", content_type="application/zip")
    uploaded = await user.call("POST", "/files/upload", form=form)
    wish = {
        "command": _COMMAND,
        "fileUrl": uploaded["url"],
        "workingDirectory": "project",
        "timeout": 60,
        "priority": stage.job.priority.word,
    }
    job_id = (await user.call("POST", "/jobs/submit", body=wish))["jobId"]
    stage.submitted(job_uuid(job_id))
    await _work(stage, api, job_id)
    status = await until(
        lambda: user.call("GET", f"/jobs/status?jobId={job_id}"),
        lambda answer: answer["job"]["status"] in {"completed", "failed", "cancelled"},
        within_s=WITHIN_S,
        what=f"the end of command {job_id}",
    )
    job = status["job"]
    lines = [" ".join(line.split()) for line in job["stdout"].splitlines()]
    return Finding(
        sentence=f"{', '.join(lines)} (exit code {job['exitCode']})",
        expectation="jobserver: a worker runs a command, and its output is in the status",
        as_expected=lines == ["3 river", "2 turbine", "1 gate"] and job["exitCode"] == 0,
    )


async def _work(stage: Stage, api: Speaker, job_id: str) -> None:
    about = {"workerId": _WORKER, "hostname": "demo", "cpuCount": 2}
    worker = api.as_(x_worker_token=(await api.call("POST", "/workers/register", body=about))["token"])
    given = await until(
        lambda: worker.call("GET", "/jobs/get-job"),
        lambda answer: answer is not None,
        within_s=WITHIN_S,
        what=f"command {job_id} for its worker",
    )
    job = given["job"]
    stage.say(f"jobserver: {_WORKER} runs {job['command']!r}")
    unzip(await worker.fetch(job["fileUrl"], ours=True), stage.folder)
    process = await asyncio.create_subprocess_shell(
        job["command"],
        cwd=stage.folder / job["workingDirectory"],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), timeout=job["timeout"])
    for line in out.decode().splitlines(keepends=True):
        await worker.call(
            "POST", "/jobs/stream-output", body={"jobId": job_id, "data": line, "type": "stdout"}
        )
    result = {
        "jobId": job_id,
        "workerId": _WORKER,
        "stdout": out.decode(),
        "stderr": err.decode(),
        "exitCode": process.returncode,
    }
    await worker.call("POST", "/jobs/submit-result", body=result)
