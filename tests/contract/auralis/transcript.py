"""The examples of seed 000, each as it stands there; ids and times are those of the site."""

from __future__ import annotations

from tests.contract.auralis.desk import project
from tests.support.transcript import UUID, File, Match, Step, Transcript, like

_TIME = like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_S3 = like(r"s3://[^/]+/.+")
_JOBS = Match("a list with the job", lambda value: isinstance(value, list) and len(value) > 0)

SEED = Transcript(
    name="seed 000, from the first section to the last",
    steps=[
        Step(
            ask="POST /api/upload",
            form=[
                ("user_id", "{user_id}"),
                ("file", File(project(), name="project.zip")),
                ("platform", "linux/amd64"),
                ("timeout", "2"),
                ("output_directory", "./output"),
            ],
            status=200,
            answer={
                "status": "success",
                "message": "Job created successfully",
                "job_id": UUID.saved_as("job_id"),
                "input_url": _S3.saved_as("input_url"),
            },
        ),
        Step(
            ask="GET /api/jobs?user_id={user_id}",
            status=200,
            answer=[
                {
                    "id": "{job_id}",
                    "status": "PENDING",
                    "platform": "linux/amd64",
                    "timeout": 2,
                    "created_at": _TIME,
                    "completed_at": None,
                }
            ],
        ),
        Step(ask="GET /api/jobs/pending?platform=linux/amd64&user_id={user_id}", status=200, answer=_JOBS),
        Step(
            ask="POST /api/worker/register",
            json={"user_id": "{user_id}", "name": "My Worker", "platform": "linux/amd64"},
            status=200,
            answer={
                "worker_id": UUID,
                "token": like(r"aw_[A-Za-z0-9_-]{40,}").saved_as("token"),
                "name": "My Worker",
                "platform": "linux/amd64",
            },
        ),
        Step(
            ask="GET /api/worker/jobs/available",
            headers={"Authorization": "Bearer {token}"},
            status=200,
            answer=_JOBS,
        ),
        Step(
            ask="POST /api/worker/job/{job_id}/claim",
            headers={"Authorization": "Bearer {token}"},
            status=200,
            answer={
                "status": "success",
                "message": "Job claimed",
                "job_id": "{job_id}",
                "job": {
                    "id": "{job_id}",
                    "status": "CLAIMED",
                    "platform": "linux/amd64",
                    "timeout": 2,
                    "model": "project",
                    "payload": {"output_directory": "./output"},
                    "input_url": "{input_url}",
                    "input_name": "project.zip",
                    "created_at": _TIME,
                },
            },
        ),
        Step(
            ask="GET /api/jobs/{job_id}/download-url?user_id={user_id}",
            status=409,
            answer={
                "status": "error",
                "message": "The job is CLAIMED; its output is there once it is COMPLETED",
                "detail": {"code": "NOT_READY"},
            },
        ),
        Step(
            ask="POST /api/worker/job/{job_id}/status",
            headers={"Authorization": "Bearer {token}", "Content-Type": "application/x-www-form-urlencoded"},
            body=b"status=RUNNING",
            status=200,
            answer={
                "status": "success",
                "message": "Job status updated",
                "job_id": "{job_id}",
                "job_status": "RUNNING",
            },
        ),
        Step(
            ask="POST /api/worker/job/{job_id}/output",
            headers={"Authorization": "Bearer {token}"},
            form=[("file", File(b"the output", name="output.zip"))],
            status=200,
            answer={
                "status": "success",
                "message": "Output received",
                "job_id": "{job_id}",
                "output_url": _S3.saved_as("output_url"),
            },
        ),
        Step(
            ask="POST /api/worker/job/{job_id}/status",
            headers={"Authorization": "Bearer {token}", "Content-Type": "application/x-www-form-urlencoded"},
            body=b"status=COMPLETED",
            status=200,
            answer={
                "status": "success",
                "message": "Job status updated",
                "job_id": "{job_id}",
                "job_status": "COMPLETED",
            },
        ),
        Step(
            ask="GET /api/jobs/{job_id}?user_id={user_id}",
            status=200,
            answer={
                "id": "{job_id}",
                "user_id": "{user_id}",
                "status": "COMPLETED",
                "input_url": "{input_url}",
                "output_url": "{output_url}",
                "platform": "linux/amd64",
                "timeout": 2,
                "created_at": _TIME,
                "started_at": _TIME,
                "completed_at": _TIME,
            },
        ),
        Step(
            ask="GET /api/jobs/{job_id}/download-url?user_id={user_id}",
            status=200,
            answer={"download_url": like(r"http://.+[?&]X-Amz-Signature=.+")},
        ),
    ],
)

DEFAULTS = Transcript(
    name="the defaults of «Submit a Job»",
    steps=[
        Step(
            ask="POST /api/upload?user_id={user_id}",
            form=[("file", File(project(), name="project.zip"))],
            status=200,
            answer={
                "status": "success",
                "message": "Job created successfully",
                "job_id": UUID,
                "input_url": _S3,
            },
        ),
        Step(
            ask="GET /api/jobs?user_id={user_id}",
            status=200,
            answer=[
                {
                    "id": UUID,
                    "status": "PENDING",
                    "platform": "linux/amd64",
                    "timeout": 8,
                    "created_at": _TIME,
                    "completed_at": None,
                }
            ],
        ),
    ],
)
