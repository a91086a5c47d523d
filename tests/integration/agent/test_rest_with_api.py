"""The REST transport against the real API and dispatcher: a file in, a file out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
from tests.support.agent_process import agent_process
from tests.support.dispatching import dispatcher_settings, running_dispatcher
from tests.support.servers import S3Access
from tests.support.service_process import AGENT_TOKEN, service, service_env
from tests.support.waiting import until

CSV = "city,people\n" + "".join(f"c{n},{n}\n" for n in range(1000))


async def test_jobs_of_a_rest_agent_end_in_the_record(
    nats_url: str, record_url: str, bucket: S3Access, tmp_path: Path
) -> None:
    settings = dispatcher_settings(nats_url, record_url, bucket)
    env = service_env(nats_url, record_url, bucket)
    async with running_dispatcher(settings), aiohttp.ClientSession() as session:
        with service("headrace_api", env, tmp_path / "api.log") as api:
            origin = f"{api.api_url}/radiance"
            agent_env = {
                "HEADRACE_AGENT_TRANSPORT": "rest",
                "HEADRACE_AGENT_API_URL": origin,
                "HEADRACE_AGENT_TOKEN": AGENT_TOKEN,
                "HEADRACE_AGENT_POLL_S": "0.2",
                "HEADRACE_AGENT_HANDLERS": "headrace_agent.handlers.registry",
                "HEADRACE_AGENT_MODELS": "data-processing,noop",
            }

            async def submit(**fields: Any) -> str:
                form = aiohttp.FormData(default_to_multipart=True)
                for name, value in fields.items():
                    if name == "file":
                        form.add_field(name, value, filename="cities.csv", content_type="text/csv")
                    else:
                        form.add_field(name, value)
                async with session.post(f"{origin}/airunner/submit", data=form) as answer:
                    body = await answer.json()
                    assert answer.status == 201, body
                    return str(body["result"]["id"])

            async def status(job: str) -> dict[str, Any]:
                async with session.get(f"{origin}/airunner/status/{job}") as answer:
                    found: dict[str, Any] = (await answer.json())["result"]
                    return found

            async with agent_process(tmp_path, env=agent_env):
                noop = await submit(model="noop", payload='{"n": 1}')
                table = await submit(model="data-processing", file=CSV, payload='{"output_format": "json"}')
                broken = await submit(model="data-processing", file=CSV, payload='{"sql": "SELECT nothing"}')
                for job, wanted in ((noop, "completed"), (table, "completed"), (broken, "failed")):
                    await until(
                        lambda job=job: status(job),  # type: ignore[misc] # mypy: default of a lambda
                        lambda found, wanted=wanted: found["status"] == wanted,  # type: ignore[misc] # as above
                        timeout_s=60,
                        what=f"{job} {wanted}",
                    )
            async with session.get(f"{origin}/airunner/result/json/{noop}") as answer:
                assert '"n"' in await answer.text()
            async with session.get(f"{origin}/airunner/result/file/{table}") as answer:
                rows = await answer.json(content_type=None)
                assert len(rows) == 1000
