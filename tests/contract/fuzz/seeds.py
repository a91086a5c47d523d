"""Good bodies, from which the bad ones are made: what gets past the first look reaches further."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_JOB: Final = {
    "model": "text-generation", "input": "x", "payload": {"prompt": "a", "max_tokens": 5}, "priority": "high",
    "webhook_url": "http://127.0.0.1:9/x", "run_at": "2030-01-01T00:00:00Z", "timeout_s": 60, "platform": "any",
    "retry": {"max_attempts": 3, "reasons": ["lost"]}, "queue_timeout_s": 60, "max_attempts": 2,
    "requirements": {"gpu": "a100", "vram_gb": 8}, "template": "x", "publish": [{"destination": "x"}],
}  # fmt: skip
_RADIANCE: Final = {
    "model": "image-classification", "payload": {"top_k": 3}, "priority": "normal", "webhook_url": "http://127.0.0.1:9/",
    "file_base64": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAAAAAAA", "filename": "a.png",
}  # fmt: skip

#: By dialect and the end of the path; the longest that fits is taken.
SEEDS: Final[Mapping[tuple[str, str], tuple[Any, ...]]] = {
    ("native", "/v1/jobs"): ({"model": "noop"}, _JOB),
    ("native", "/v1/jobs:batch"): ({"jobs": [{"model": "noop"}, _JOB]},),
    ("native", "/v1/files"): ({"name": "a.txt", "mime": "text/plain", "size": 5},),
    ("native", "/v1/templates"): ({"name": "mine", "model": "noop", "payload": {}, "options": {}, "retry": {}},),
    ("native", "/v1/templates/{id}"): ({"name": "mine", "model": "noop", "payload": {}},),
    ("native", "/v1/destinations"): (
        {"name": "mine", "platform": "s3", "config": {"prefix": "x"}, "credentials": {"key": "x"}},
        {"name": "tube", "platform": "youtube", "credentials": {"refresh_token": "x"}},
    ),
    ("native", "/v1/webhooks"): ({"url": "http://127.0.0.1:9/", "events": ["job.completed"]},),
    ("native", "/v1/keys"): ({"name": "k", "scopes": ["jobs:read"], "expires_at": "2030-01-01T00:00:00Z"},),
    ("native", "/priority"): ({"priority": "high"},),
    ("native", "/schedule"): ({"run_at": "2030-01-01T00:00:00Z"},),
    ("native", "/approve"): ({"publish_at": "2030-01-01T00:00:00Z"},),
    ("native", "/retry"): ({"priority": "high"},),
    ("native", "/limits"): ({"max_queued": 5, "max_running": 5},),
    ("native", "/v1/pools/{name}"): ({"offers": {"gpu": "a100", "vram_gb": 8}, "description": "x"},),
    ("native", "/pause"): ({"reason": "x"},),
    ("native", "/drain"): ({"reason": "x"},),
    ("native", "/replay"): ({"model": "noop", "priority": "high", "limit": 5},),
    ("native", "/discard"): ({"model": "noop", "limit": 5},),
    ("radiance", "/airunner/submit"): ({"model": "noop"}, _RADIANCE),
    ("radiance", "/airunner/submit/batch"): ({"jobs": [{"model": "noop"}, _RADIANCE]},),
    ("radiance", "/return/{id}"): ({"data": {"a": 1}, "meta": {"b": 2}},),
    ("radiance", "/failed/{id}"): ({"reason": "no"},),
    ("auralis", "/api/upload"): ({"user_id": "{user}", "platform": "linux-amd64", "command": "true"},),
    ("auralis", "/register"): ({"user_id": "{user}", "name": "w", "platform": "linux-amd64"},),
    ("auralis", "/status"): ({"status": "running", "progress": 50, "message": "x"},),
    ("auralis", "/claim"): ({"worker_id": "x"},),
    ("auraflux", "/v1/jobs"): (
        {"entry": "prompt", "prompt": "the sea", "options": {"duration": 30, "language": "en", "voice": "a"},
         "portals": [{"platform": "youtube", "title": "x"}], "schedule": "2030-01-01T00:00:00Z", "template": "x",
         "webhookUrl": "http://127.0.0.1:9/"},
        {"entry": "upload", "fileId": "x", "options": {}},
    ),
    ("auraflux", "/v1/templates"): ({"name": "mine", "options": {"duration": 30}},),
    ("auraflux", "/schedule"): ({"publishAt": "2030-01-01T00:00:00Z", "timezone": "Europe/Vienna"},),
    ("auraflux", "/approve-publish"): ({"portals": ["youtube"], "publishAt": "2030-01-01T00:00:00Z"},),
    ("jobserver", "/login"): ({"email": "a@example.com", "password": "x"},),
    ("jobserver", "/api/workers/register"): (
        {"workerId": "w-1", "capabilities": ["cpu"], "maxConcurrentJobs": 1, "resources": {"cpu": 4}},
    ),
    ("jobserver", "/heartbeat"): ({"status": "idle", "currentJobs": ["x"], "resources": {"cpuUsage": 5}},),
    ("jobserver", "/api/jobs/submit"): (
        {"command": "true", "files": [{"fileId": "x", "filename": "a"}], "env": {"A": "b"}, "priority": 5,
         "timeout": 60, "workingDirectory": "/x", "requirements": {"cpu": 1}},
    ),
    ("jobserver", "/cancel"): ({"jobId": "{id}"},),
    ("jobserver", "/stream-output"): ({"jobId": "{id}", "stream": "stdout", "data": "x", "sequence": 1},),
    ("jobserver", "/submit-result"): ({"jobId": "{id}", "exitCode": 0, "output": "x", "files": ["x"]},),
}  # fmt: skip

#: Names of query parameters, of all dialects.
QUERY: Final = (
    "limit", "cursor", "state", "status", "model", "from", "to", "page", "pageSize", "offset", "jobId", "user_id",
    "workerId", "after", "token", "platform", "stream", "sort", "order", "q", "kind", "tag", "priority", "day",
    "group_by",
)  # fmt: skip
HEADERS: Final = (
    "Idempotency-Key", "X-Request-Id", "traceparent", "Range", "If-Range", "Last-Event-ID", "x-claim-token",
    "x-agent-id", "x-agent-models", "x-agent-platform", "X-Forwarded-For", "Accept", "Cookie", "Content-Encoding",
    "If-None-Match",
    "x-agent-pools", "Upgrade", "Expect",
)  # fmt: skip


def seeds_of(dialect: str, path: str) -> tuple[Any, ...]:
    """Good bodies of a route; an empty object where none is known."""
    fit = [end for name, end in SEEDS if name == dialect and path.endswith(end)]
    return SEEDS[dialect, max(fit, key=len)] if fit else ({},)
