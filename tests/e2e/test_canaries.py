"""Every secret of a stack at work is a canary.

None may stand in a log, a span, a metric, an answer, a command line, the environment of a handler, or a file that
others may read.

The stack is the whole product with every log at DEBUG and telemetry on; it does real work in every dialect and goes
through failures: wrong credentials, refused URLs, a receiver and a platform that are not there, a Postgres that dies.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
from tests.contract.auralis.desk import project
from tests.support.live_stack import LiveStack, live_stack
from tests.support.otlp_sink import OtlpSink, otlp_sink
from tests.support.waiting import until

_GATHERED_S = 1.0
_SECRET_FILES = ("secrets.json", "dev.json", "nats/nats-server.conf", "logs", "postgres", "s3", "nats")
_TABLE = b"name,score\nada,3\ngrace,5\n"


def canary() -> str:
    return f"canary{secrets.token_hex(12)}"


@dataclass(kw_only=True)
class Work:
    """What a client, a worker and an agent do, and what they were answered."""

    http: aiohttp.ClientSession
    stack: LiveStack
    #: By a name that says what it is.
    canaries: dict[str, str] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)

    async def ask(self, method: str, path: str, *, gives: bool = False, **request: Any) -> Any:
        """One request. ``gives``: its answer is the place where a secret is handed out."""
        url = path if path.startswith("http") else self.stack.dev["api_url"] + path
        async with self.http.request(method, url, allow_redirects=False, **request) as answer:
            text = await answer.text(errors="replace")
            if not gives:
                self.answers.append(
                    f"{method} {url.partition('?')[0]} {answer.status} {dict(answer.headers)} {text}"
                )
            return await answer.json() if answer.content_type == "application/json" else text

    def new(self, name: str) -> str:
        """A secret that the client makes."""
        self.canaries[name] = canary()
        return self.canaries[name]

    def got(self, name: str, value: str) -> str:
        """A secret that was handed out."""
        assert len(value) >= 16, (name, value)
        self.canaries[name] = value
        return value

    @property
    def native(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.stack.dev['native']['api_key']}"}


@asynccontextmanager
async def _running(root: Path, sink: OtlpSink) -> AsyncIterator[LiveStack]:
    env = {
        "HEADRACE_LOG_LEVEL": "DEBUG",
        "HEADRACE_RATE_LIMIT_FACTOR": "100",
        "OTEL_EXPORTER_OTLP_ENDPOINT": sink.url,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "OTEL_METRIC_EXPORT_INTERVAL": "500",
    }
    context = live_stack(root, "--agents", "1", env=env)
    stack = await asyncio.to_thread(context.__enter__)
    try:
        yield stack
    finally:
        await asyncio.to_thread(context.__exit__, None, None, None)


async def _native(work: Work) -> str:
    """A job with a webhook and a publication that both fail; a file to be uploaded; a key and an endpoint."""
    made = await work.ask("POST", "/v1/keys", headers=work.native, json={"name": "second"}, gives=True)
    work.got("a native key", made["key"])
    hook = {"url": "http://127.0.0.1:9/hook"}
    made = await work.ask("POST", "/v1/webhooks", headers=work.native, json=hook, gives=True)
    work.got("a webhook's secret", made["secret"])
    await work.ask("POST", f"/v1/webhooks/{made['webhook_id']}/test", headers=work.native)
    place = {"name": "toots", "platform": "mastodon", "config": {"base_url": "http://127.0.0.1:9"},
             "secret": {"access_token": work.new("a destination's token")}}  # fmt: skip
    await work.ask("POST", "/v1/destinations", headers=work.native, json=place)
    await work.ask("GET", "/v1/destinations", headers=work.native)
    await work.ask("POST", "/v1/destinations", headers=work.native,
                   json={**place, "config": {"base_url": "nonsense"},
                         "secret": {"access_token": work.new("a refused token")}})  # fmt: skip
    made = await work.ask("POST", "/v1/files", headers=work.native, gives=True,
                          json={"name": "scores.csv", "mime": "text/csv"})  # fmt: skip
    upload = made["upload"]["url"] if isinstance(made.get("upload"), dict) else made["upload_url"]
    work.got("the signature of an upload", upload.partition("X-Amz-Signature=")[2].partition("&")[0])
    await work.ask("PUT", upload, data=_TABLE, headers={"Content-Type": "text/csv"})
    job = {"model": "data-processing", "input": made["file_id"], "destinations": ["toots"]}
    job["webhook_url"] = "http://127.0.0.1:9/job"
    key = {"Idempotency-Key": work.new("an Idempotency-Key")}
    made = await work.ask("POST", "/v1/jobs", headers=work.native | key, json=job)
    assert "job_id" in made, made
    for url in (f"https://user:{work.new('a password in a URL')}@example.com/", "http://10.0.0.1/"):
        await work.ask("POST", "/v1/jobs", headers=work.native, json={**job, "webhook_url": url})
    return str(made["job_id"])


async def _auralis(work: Work) -> None:
    who = {"user_id": work.stack.dev["auralis"]["user_id"]}
    form = aiohttp.FormData()
    form.add_field("file", project(), filename="p.zip")
    await work.ask("POST", "/auralis/api/upload", params=who, data=form)
    made = await work.ask("POST", "/auralis/api/worker/register", params=who, gives=True,
                          json={"name": "rig", "platform": "linux/amd64"})  # fmt: skip
    token = next(value for value in _texts(made) if value.startswith("aw_"))
    worker = {"Authorization": f"Bearer {work.got('a worker of auralis', token)}"}
    await work.ask("GET", "/auralis/api/worker/jobs/available", headers=worker)


async def _jobserver(work: Work) -> None:
    dev = work.stack.dev["jobserver"]
    login = {"email": dev["email"], "password": dev["password"]}
    made = await work.ask("POST", "/jobserver/api/auth/login", json=login, gives=True)
    user = {"Authorization": f"Bearer {work.got('a session', made['token'])}"}
    await work.ask("POST", "/jobserver/api/auth/login",
                   json={**login, "email": "x@example.org", "password": work.new("a wrong password")})  # fmt: skip
    made = await work.ask(
        "POST", "/jobserver/api/workers/register", json={"workerId": "w-1"}, headers=user, gives=True
    )
    worker = {"x-worker-token": work.got("a worker of jobserver", made["token"])}
    await work.ask("POST", "/jobserver/api/jobs/submit", json={"command": "true"}, headers=user)
    await work.ask("GET", "/jobserver/api/jobs/get-job", headers=worker)
    await work.ask("GET", f"/jobserver/api/jobs/stream?token={work.new('a token in a query')}")


async def _radiance(work: Work) -> str:
    """Jobs for the agent, more than it has slots, and one of them claimed over REST."""
    agent = {"Authorization": f"Bearer {work.stack.dev['radiance']['agent_token']}"}
    made = {}
    for _ in range(6):
        form = aiohttp.FormData({"model": "data-processing"}, default_to_multipart=True)
        form.add_field("file", _TABLE, filename="scores.csv", content_type="text/csv")
        made = await work.ask("POST", "/radiance/airunner/submit", data=form)
    claimed = await work.ask("POST", "/radiance/airunner/agent/claim", headers=agent, gives=True)
    if claimed:  # unless the agent was faster with all of them
        token = work.got("a claim", claimed["result"]["claim_token"])
        path = f"/radiance/airunner/agent/failed/{claimed['result']['id']}"
        await work.ask("POST", path, headers=agent | {"x-claim-token": token}, json={"reason": "why not"})
    await work.ask("POST", "/radiance/airunner/agent/claim",
                   headers={"Authorization": f"Bearer {work.new('a wrong agent token')}"})  # fmt: skip
    return str(made["result"]["id"])


async def _wrong(work: Work) -> None:
    for path in (
        "/v1/models",
        "/auraflux/v1/account",
        "/auralis/api/worker/jobs/available",
        "/jobserver/api/jobs/list",
    ):
        headers = {"Authorization": f"Bearer {work.new(f'a wrong key at {path}')}"}
        await work.ask("GET", path, headers=headers)
    for prefix, path in (("hr_live_", "/v1/models"), ("af_live_", "/auraflux/v1/account")):
        await work.ask(
            "GET", path, headers={"Authorization": f"Bearer {prefix}{work.new(f'a dead {prefix}')}"}
        )


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    return [value] if isinstance(value, str) else []


async def _ended(work: Work, native_id: str, radiance_id: str) -> None:
    async def done() -> bool:
        job = await work.ask("GET", f"/v1/jobs/{native_id}", headers=work.native)
        other = await work.ask("GET", f"/radiance/airunner/status/{radiance_id}")
        tried = await work.stack.rows("SELECT 1 FROM publications WHERE error IS NOT NULL")
        sent = await work.stack.rows("SELECT 1 FROM webhook_attempts")
        over = {"completed", "failed", "staged"}
        assert "status" in job, job
        return job["status"] in over and other["result"]["status"] in over and bool(tried and sent)

    await until(done, timeout_s=90, every_s=0.3, what="the jobs, a publication and a webhook were tried")


async def _postgres_dies(work: Work) -> None:
    os.kill(work.stack.pid("postgres"), signal.SIGKILL)
    await work.ask("GET", "/v1/jobs", headers=work.native)

    async def answers() -> bool:
        async with work.http.get(work.stack.dev["api_url"] + "/v1/jobs", headers=work.native) as answer:
            return answer.status == 200

    await until(answers, timeout_s=60, every_s=0.2, what="Postgres is back")


def _known(stack: LiveStack) -> dict[str, str]:
    """The secrets that the stack was born with."""
    found = stack.secrets
    names = [name for name in found.__struct_fields__ if name not in {"user_ref", "s3_access_key"}]
    return {name: str(getattr(found, name)).removeprefix("whsec_") for name in names}


def _leaks(text: str, canaries: dict[str, str]) -> list[str]:
    found = [name for name, value in canaries.items() if value in text]
    return [f"{name}: …{text[max(0, text.index(canaries[name]) - 150) :][:150]}…" for name in found]


def _processes(stack: LiveStack) -> list[psutil.Process]:
    """All of the stack, workers of agents included."""
    names = stack.commands.stack_json()["processes"]
    roots = [psutil.Process(stack.pid(name)) for name in names if stack.commands.pid(name)]
    return [each for root in roots for each in (root, *root.children(recursive=True))]


@pytest.mark.timeout(240)  # a whole stack, and a Postgres that has to come back
async def test_no_secret_leaves_its_place(tmp_path: Path) -> None:
    async with otlp_sink() as sink, _running(tmp_path, sink) as stack, aiohttp.ClientSession() as http:
        work = Work(http=http, stack=stack, canaries=_known(stack))
        native_id = await _native(work)
        radiance_id = await _radiance(work)
        await _auralis(work)
        await _jobserver(work)
        await _wrong(work)
        await _ended(work, native_id, radiance_id)
        processes = _processes(stack)
        lines = "\n".join(" ".join(each.cmdline()) for each in processes if each.is_running())
        workers = [
            each
            for each in psutil.Process(stack.pid("agent-1")).children(recursive=True)
            if each.is_running()
        ]
        environs = "\n".join(str(each.environ()) for each in workers)
        await _postgres_dies(work)
        await asyncio.sleep(_GATHERED_S)  # the last spans and metrics are on their way

        logs = {path.name: path.read_text(errors="replace") for path in (stack.state_dir / "logs").iterdir()}
        exported = {path: b"\n".join(found).decode("latin-1") for path, found in sink.bodies.items()}
        loose = [
            f"{stat.filemode(path.stat().st_mode)} {path}"
            for path in (stack.state_dir, *(stack.state_dir / name for name in _SECRET_FILES))
            if path.stat().st_mode & 0o077
        ]
    canaries = work.canaries
    assert len(canaries) > 25
    assert "DEBUG" in logs["api.log"], "everything is logged"
    assert {"/v1/traces", "/v1/metrics"} <= set(exported)
    assert workers, "handlers have run"
    found = {
        **{name: _leaks(text, canaries) for name, text in logs.items()},
        **{path: _leaks(text, canaries) for path, text in exported.items()},
        "the command lines": _leaks(lines, canaries),
        "the environment of handlers": _leaks(environs, canaries),
        "the answers": _leaks("\n".join(work.answers), canaries),
        "signed URLs": [
            f"{name}: {text[max(0, text.index(mark) - 80):][:120]}"
            for name, text in [*logs.items(), *exported.items()]
            for mark in ("X-Amz-Signature=", "X-Amz-Credential=")
            if mark in text
        ],
    }  # fmt: skip
    assert {where: what for where, what in found.items() if what} == {}
    assert loose == [], "the state is nobody else's to read"
