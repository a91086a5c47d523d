"""What accounts have: each maker returns what the table's texts name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

import aiohttp
from tests.contract.auralis.desk import project
from tests.contract.ownership.parties import Party
from tests.support.dead_letters import dead_letter
from tests.support.record import pool_of
from tests.support.waiting import until

from headrace_store.accounts.accounts import Accounts

Names = dict[str, str]


async def _made(party: Party, kind: str, path: str, body: Any) -> Any:
    status, answer = await party.ask(kind, "POST", path, json=body)
    assert status in {200, 201, 202}, (status, answer)
    return answer


async def native_job(party: Party) -> Names:
    answer = await _made(party, "native", "/v1/jobs", {"model": "text-generation", "input": "x"})
    return {"id": answer["job_id"]}


async def native_letter(party: Party) -> Names:
    """A dead letter."""
    async with pool_of(party.record_url) as pool:
        return {"id": f"job_{(await dead_letter(pool, party.account_id)).hex}"}


async def native_file(party: Party) -> Names:
    answer = await _made(party, "native", "/v1/files", {"name": "a.txt", "mime": "text/plain"})
    return {"id": answer["file_id"]}


async def plain_file(party: Party) -> Names:
    """A file of the account, by its plain id."""
    return {"id": _plain((await native_file(party))["id"])}


async def native_template(party: Party) -> Names:
    answer = await _made(party, "native", "/v1/templates", {"name": "mine"})
    return {"id": answer["template_id"]}


async def native_destination(party: Party) -> Names:
    body = {"name": f"place-{uuid4().hex}", "platform": "s3", "config": {"prefix": "x"}}
    return {"id": (await _made(party, "native", "/v1/destinations", body))["name"]}


async def native_webhook(party: Party) -> Names:
    made = await _made(party, "native", "/v1/webhooks", {"url": f"http://127.0.0.1:9/{uuid4().hex}"})
    path = f"/v1/webhooks/{made['webhook_id']}/test"
    return {"id": made["webhook_id"], "delivery": (await _made(party, "native", path, None))["delivery_id"]}


async def native_key(party: Party) -> Names:
    return {"id": (await _made(party, "native", "/v1/keys", {"name": "second"}))["key_id"]}


async def auraflux_job(party: Party) -> Names:
    async with pool_of(party.record_url) as pool:
        await Accounts(pool).grant(party.account_id, 10)
    body = {"entry": "prompt", "prompt": "a short film of the sea"}
    return {"id": (await _made(party, "auraflux", "/auraflux/v1/jobs", body))["jobId"]}


async def auraflux_template(party: Party) -> Names:
    answer = await _made(party, "auraflux", "/auraflux/v1/templates", {"name": "mine", "options": {}})
    return {"id": answer["id"]}


async def auralis_job(party: Party) -> Names:
    form = aiohttp.FormData()
    form.add_field("file", project(), filename="p.zip")
    status, answer = await party.ask("user_id", "POST", "/auralis/api/upload", data=form)
    assert status == 200, answer
    return {"id": answer["job_id"]}


async def auralis_held(party: Party) -> Names:
    """A job that the account's worker holds."""
    names = await auralis_job(party)
    status, answer = await party.ask("auralis_worker", "POST", f"/auralis/api/worker/job/{names['id']}/claim")
    assert status == 200, answer
    return names


async def native_uuid_job(party: Party) -> Names:
    """A job of the account, by its plain id."""
    return {"id": _plain((await native_job(party))["id"])}


def _plain(shown: str) -> str:
    return str(UUID(shown.partition("_")[2]))


async def jobserver_job(party: Party) -> Names:
    answer = await _made(party, "session", "/jobserver/api/jobs/submit", {"command": "true"})
    return {"id": answer["jobId"]}


async def jobserver_held(party: Party) -> Names:
    """A job that the account's worker runs."""
    names = await jobserver_job(party)

    async def got() -> bool:
        status, answer = await party.ask("jobserver_worker", "GET", "/jobserver/api/jobs/get-job")
        if status != 200 or answer["job"]["jobId"] == names["id"]:
            return status == 200
        # Another test left it: a worker has one at a time.
        result = {"jobId": answer["job"]["jobId"], "exitCode": 0}
        await party.ask("jobserver_worker", "POST", "/jobserver/api/jobs/submit-result", json=result)
        return False

    await until(got, what="the job")
    return names


async def jobserver_worker(party: Party) -> Names:
    name = f"worker-{uuid4().hex[:12]}"
    await _made(party, "session", "/jobserver/api/workers/register", {"workerId": name})
    return {"id": name}


async def jobserver_file(party: Party) -> Names:
    form = aiohttp.FormData()
    form.add_field("file", b"PK\x05\x06" + bytes(18), filename="p.zip", content_type="application/zip")
    status, answer = await party.ask("session", "POST", "/jobserver/api/files/upload", data=form)
    assert status == 201, answer
    return {"id": answer["fileId"], "name": "p.zip"}


async def radiance_job(party: Party) -> Names:
    """A public job, which radiance's clients may see; strangers to it are jobs of accounts."""
    body = {"model": "text-generation", "payload": {"prompt": "x"}}
    answer = await _made(party, "radiance_client", "/radiance/airunner/submit", body)
    return {"id": answer["result"]["id"]}


async def radiance_held(party: Party) -> Names:
    """A public job with a file that an agent runs."""
    form = aiohttp.FormData()
    form.add_field("model", "speech-to-text")
    form.add_field(
        "file", b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(24), filename="a.wav", content_type="audio/wav"
    )
    status, answer = await party.ask("radiance_client", "POST", "/radiance/airunner/submit", data=form)
    assert status == 201, answer
    job = answer["result"]["id"]

    async def claimed() -> str | None:
        status, answer = await party.ask(
            "agent", "POST", "/radiance/airunner/agent/claim", headers={"x-agent-models": "speech-to-text"}
        )
        if status != 200:
            return None
        return answer["result"]["claim_token"] if answer["result"]["id"] == job else ""

    token = await until(claimed, lambda found: found not in {None, ""}, what="the claim")
    return {"id": job, "claim": str(token)}


MAKERS: Mapping[str, Callable[[Party], Awaitable[Names]]] = {
    maker.__name__: maker
    for maker in (
        native_job, native_letter, native_file, plain_file, native_template, native_destination, native_webhook,
        native_key, auraflux_job, auraflux_template, auralis_job, auralis_held, native_uuid_job,
        jobserver_job, jobserver_held, jobserver_worker, jobserver_file, radiance_job, radiance_held,
    )
}  # fmt: skip
