"""The mounted dialects."""

from __future__ import annotations

from tests.contract.ownership.row import Row

_CLIENT, _AGENT = ("radiance_client",), ("agent",)
_USER, _WORKER = ("user_id",), ("auralis_worker",)
_FLUX, _LOGIN, _MACHINE = ("auraflux",), ("session",), ("jobserver_worker",)
_CLAIM = {"x-claim-token": "{claim}", "Content-Type": "application/json"}
#: The text says so of a wrong claim token; agents belong to the site, and its jobs are no secret from them.
_WRONG_CLAIM = 403

RADIANCE = [
    Row(method="GET", path="/airunner/models", opens=_CLIENT, stranger=None),
    Row(method="POST", path="/airunner/submit", opens=_CLIENT, stranger=None),
    Row(method="POST", path="/airunner/submit/batch", opens=_CLIENT, stranger=None),
    Row(method="GET", path="/airunner/status/{id}", opens=_CLIENT, thing="radiance_job"),
    Row(method="DELETE", path="/airunner/cancel/{id}", opens=_CLIENT, thing="radiance_job"),
    Row(method="GET", path="/airunner/result/json/{id}", opens=_CLIENT, thing="radiance_job"),
    Row(method="GET", path="/airunner/result/file/{id}", opens=_CLIENT, thing="radiance_job"),
    Row(method="GET", path="/airunner/jobs/debug", opens=_CLIENT, thing="radiance_job", lists=True, stranger=200),
    Row(method="POST", path="/airunner/agent/claim", opens=_AGENT, stranger=None),
    *(
        Row(method=method, path=f"/airunner/agent/{verb}/{{id}}", opens=_AGENT, thing="radiance_held",
            headers=_CLAIM, json=body, stranger=_WRONG_CLAIM)
        for method, verb, body in (
            ("GET", "get", None),
            ("POST", "return", {"result": {}}),
            ("POST", "failed", {"reason": "no"}),
            ("POST", "heartbeat", {}),
            ("POST", "handback", {}),
        )
    ),
]  # fmt: skip

AURALIS = [
    Row(method="POST", path="/api/upload", opens=_USER, stranger=None),
    Row(method="GET", path="/api/jobs", opens=_USER, thing="auralis_job", lists=True, stranger=200),
    Row(method="GET", path="/api/jobs/pending", opens=_USER + _WORKER, thing="native_uuid_job", lists=True,
        stranger=200),
    Row(method="GET", path="/api/jobs/{id}", opens=_USER + _WORKER, thing="auralis_held"),
    Row(method="GET", path="/api/jobs/{id}/download-url", opens=_USER + _WORKER, thing="auralis_held"),
    Row(method="POST", path="/api/worker/register", opens=_USER, stranger=None),
    Row(method="GET", path="/api/worker/jobs/available", opens=_WORKER, thing="native_uuid_job", lists=True,
        stranger=200),
    Row(method="POST", path="/api/worker/job/{id}/claim", opens=_WORKER, thing="native_uuid_job"),
    Row(method="POST", path="/api/worker/job/{id}/status", opens=_WORKER, thing="auralis_held",
        json={"status": "RUNNING"}),
    Row(method="POST", path="/api/worker/job/{id}/output", opens=_WORKER, thing="auralis_held", form=True),
    Row(method="GET", path="/api/worker/job/{id}/input", opens=_WORKER, thing="auralis_held"),
]  # fmt: skip

AURAFLUX = [
    Row(method="POST", path="/v1/jobs", opens=_FLUX, stranger=None),
    Row(method="GET", path="/v1/jobs", opens=_FLUX, thing="auraflux_job", lists=True, stranger=200),
    Row(method="GET", path="/v1/jobs/{id}", opens=_FLUX, thing="auraflux_job"),
    Row(method="GET", path="/v1/jobs/{id}/result", opens=_FLUX, thing="auraflux_job"),
    Row(method="DELETE", path="/v1/jobs/{id}", opens=_FLUX, thing="auraflux_job"),
    Row(method="POST", path="/v1/jobs/{id}/approve-publish", opens=_FLUX, thing="auraflux_job"),
    Row(method="PATCH", path="/v1/jobs/{id}/schedule", opens=_FLUX, thing="auraflux_job",
        json={"publishAt": None}),
    Row(method="POST", path="/v1/upload", opens=_FLUX, stranger=None),
    Row(method="GET", path="/v1/templates", opens=_FLUX, thing="auraflux_template", lists=True, stranger=200),
    Row(method="POST", path="/v1/templates", opens=_FLUX, stranger=None),
    Row(method="DELETE", path="/v1/templates/{id}", opens=_FLUX, thing="auraflux_template"),
    Row(method="GET", path="/v1/account", opens=_FLUX, stranger=None),
]  # fmt: skip

_RESULT = {"jobId": "{id}", "exitCode": 0}

JOBSERVER = [
    Row(method="POST", path="/api/auth/login", why="e-mail and password are the credentials", stranger=None),
    Row(method="POST", path="/api/auth/logout", opens=_LOGIN, stranger=None),
    Row(method="POST", path="/api/auth/refresh", opens=_LOGIN, stranger=None, outlives=frozenset({"expired"})),
    Row(method="POST", path="/api/workers/register", opens=_LOGIN, stranger=None),
    Row(method="POST", path="/api/workers/heartbeat", opens=_MACHINE, stranger=None),
    Row(method="GET", path="/api/workers/list", opens=_LOGIN, thing="jobserver_worker", lists=True, stranger=200),
    Row(method="GET", path="/api/workers/{workerId}", ask="/api/workers/{id}", opens=_LOGIN,
        thing="jobserver_worker"),
    Row(method="DELETE", path="/api/workers/{workerId}", ask="/api/workers/{id}", opens=_LOGIN,
        thing="jobserver_worker"),
    Row(method="POST", path="/api/jobs/submit", opens=_LOGIN, stranger=None),
    Row(method="GET", path="/api/jobs/status", ask="/api/jobs/status?jobId={id}", opens=_LOGIN,
        thing="jobserver_job"),
    Row(method="GET", path="/api/jobs/list", opens=_LOGIN, thing="jobserver_job", lists=True, stranger=200),
    Row(method="POST", path="/api/jobs/cancel", opens=_LOGIN, thing="jobserver_job", json={"jobId": "{id}"}),
    Row(method="GET", path="/api/jobs/stream", ask="/api/jobs/stream?jobId={id}", opens=_LOGIN,
        thing="jobserver_job"),
    Row(method="GET", path="/api/jobs/get-job", opens=_MACHINE, stranger=None),
    Row(method="POST", path="/api/jobs/stream-output", opens=_MACHINE, thing="jobserver_held",
        json={"jobId": "{id}", "data": "x", "type": "stdout"}),
    Row(method="POST", path="/api/jobs/submit-result", opens=_MACHINE, thing="jobserver_held", json=_RESULT),
    Row(method="POST", path="/api/files/upload", opens=_LOGIN, stranger=None),
    *(
        Row(method="GET", path=path, ask=path.replace("fileId", "id"), opens=_LOGIN + _MACHINE,
            thing="jobserver_file")
        for path in (
            "/api/files/download/{fileId}",
            "/uploads/{fileId}/{name}",
            "/api/uploads/{fileId}/{name}",
        )
    ),
]  # fmt: skip
