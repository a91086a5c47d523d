"""What a submit costs through each dialect, against the native API on the same stack in the same run."""

from __future__ import annotations

import asyncio
import io
import time
import zipfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import asyncpg

from bench.client import PAYLOAD, session
from bench.processes import spent, usage
from bench.stack import BenchStack, stack

SUBMITS = 500
CLIENTS = 8
#: Rounds on one stack, all dialects in turn, so that the machine's mood is the same for all.
_ROUNDS = 3

Submit = Callable[[], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Of one submit."""

    #: CPU milliseconds over all processes of the stack.
    cpu_ms: float
    per_s: float


async def measure() -> dict[str, list[Cost]]:
    """By dialect, one cost a round. Nothing runs the jobs: the stack has no agent."""
    environ = {"HEADRACE_RATE_LIMIT_FACTOR": "100000"}
    with stack(agents=0, environ=environ) as target:
        await _grant(target, 10 * SUBMITS * _ROUNDS)
        found: dict[str, list[Cost]] = {}
        async with session() as http:
            submits = await _submits(http, target.dev)
            for submit in submits.values():  # warm
                await asyncio.gather(*(submit() for _ in range(CLIENTS)))
            for _ in range(_ROUNDS):
                for name, submit in submits.items():
                    found.setdefault(name, []).append(await _cost(target, submit))
        return found


async def _cost(target: BenchStack, submit: Submit) -> Cost:
    left = iter(range(SUBMITS))

    async def client() -> None:
        for _ in left:
            await submit()

    before, start = usage(target.pids), time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    elapsed = time.perf_counter() - start
    used = sum(spent(before, usage(target.pids)).values())
    return Cost(cpu_ms=used * 1000 / SUBMITS, per_s=SUBMITS / elapsed)


async def _grant(target: BenchStack, credits: int) -> None:
    record = await asyncpg.connect(target.postgres_url)
    try:
        await record.execute(
            "SELECT move_credits(account_id, $2, 'grant', NULL) FROM accounts JOIN wallets"
            " ON wallets.account_id = accounts.id WHERE accounts.user_ref = $1::uuid",
            target.dev["auralis"]["user_id"],
            credits,
        )
    finally:
        await record.close()


async def _submits(http: aiohttp.ClientSession, dev: Mapping[str, Any]) -> dict[str, Submit]:
    """How one job is submitted, by dialect; ``native + file`` is what auralis is to be compared with."""
    native, flux, server = dev["native"], dev["auraflux"], dev["jobserver"]
    native_auth = {"Authorization": f"Bearer {native['api_key']}"}
    flux_auth = {"Authorization": f"Bearer {flux['api_key']}"}
    login = {"email": server["email"], "password": server["password"]}
    async with http.post(f"{server['origin']}/api/auth/login", json=login) as answer:
        user_auth = {"Authorization": f"Bearer {(await answer.json())['token']}"}

    async def post(url: str, headers: Mapping[str, str], *, json: Any = None, data: Any = None) -> Any:
        async with http.post(url, headers=headers, json=json, data=data) as answer:
            assert answer.status in {200, 201, 202}, await answer.text()
            return await answer.json()

    async def by_native() -> None:
        await post(f"{native['origin']}/v1/jobs", native_auth, json={"model": "noop", "payload": PAYLOAD})

    async def by_native_with_file() -> None:
        wish = {"name": "project.zip", "mime": "application/zip", "size": len(_PROJECT)}
        slot = await post(f"{native['origin']}/v1/files", native_auth, json=wish)
        async with http.put(
            slot["upload_url"], data=_PROJECT, headers={"Content-Type": "application/zip"}
        ) as put:
            assert put.status == 200, await put.text()
        job = {"model": "project", "input": slot["file_id"], "platform": "linux-amd64"}
        await post(f"{native['origin']}/v1/jobs", native_auth, json=job)

    async def by_radiance() -> None:
        body = {"model": "noop", "payload": PAYLOAD}
        await post(f"{dev['radiance']['origin']}/airunner/submit", {}, json=body)

    async def by_auralis() -> None:
        form = aiohttp.FormData()
        form.add_field("user_id", dev["auralis"]["user_id"])
        form.add_field("file", _PROJECT, filename="project.zip", content_type="application/zip")
        await post(f"{dev['auralis']['origin']}/api/upload", {}, data=form)

    async def by_auraflux() -> None:
        body = {"entry": "prompt", "prompt": PAYLOAD["data"]}
        await post(f"{flux['origin']}/v1/jobs", flux_auth, json=body)

    async def by_jobserver() -> None:
        body = {"command": PAYLOAD["data"], "priority": "normal"}
        await post(f"{server['origin']}/api/jobs/submit", user_auth, json=body)

    return {
        "native": by_native,
        "radiance": by_radiance,
        "auraflux": by_auraflux,
        "jobserver": by_jobserver,
        "native + file": by_native_with_file,
        "auralis": by_auralis,
    }


def _project() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("main.py", "print('hello')\n")
    return out.getvalue()


_PROJECT = _project()
#: With whom each is compared.
PEERS: Mapping[str, str] = {
    "radiance": "native",
    "auraflux": "native",
    "jobserver": "native",
    "auralis": "native + file",
}
