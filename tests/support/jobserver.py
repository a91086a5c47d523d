"""The jobserver dialect of a site, as its users and its workers see it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiohttp
from tests.support.record import pool_of
from tests.support.servers import S3Access
from tests.support.site import PASSWORD, SECRET_KEY, Site
from tests.support.site import site as running_site

from headrace_api.core.identity.session_tokens import SessionToken, SessionTokens
from headrace_api.store.identity import RecordLogins
from headrace_contracts.ids import new_id
from headrace_store.accounts.accounts import Accounts
from headrace_store.accounts.passwords import hash_password
from headrace_store.accounts.users import Users
from headrace_store.sealed import SiteKey

#: Each client names an address of its own, so that the limit of one test is not another's.
PROXIED = {"HEADRACE_TRUSTED_PROXIES": "127.0.0.1/32"}


@contextmanager
def jobserver_site(
    folder: Path, *, nats_url: str, record_url: str, bucket: S3Access, env: Mapping[str, str] | None = None
) -> Iterator[Site]:
    """A site whose clients come through a proxy."""
    settings = {**PROXIED, **(env or {})}
    with running_site(folder, nats_url=nats_url, record_url=record_url, bucket=bucket, env=settings) as found:
        yield found


async def open_account(record_url: str) -> UUID:
    """An account that workers may join without credentials."""
    account_id = new_id()
    async with pool_of(record_url) as pool:
        await Accounts(pool).ensure(account_id, "open", "operate")
    return account_id


@cache
def _password_hash() -> str:
    """argon2 is slow on purpose; once is enough."""
    return hash_password(PASSWORD)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who is logged in. The password is PASSWORD."""

    account_id: UUID
    email: str
    token: str


async def person(record_url: str, *, role: str = "admin", account_id: UUID | None = None) -> Person:
    """A new person, of a new account unless one is named, with a session as a login opens it."""
    email = f"{uuid4().hex}@example.com"
    tokens = SessionTokens(SiteKey(SECRET_KEY).sessions())
    async with pool_of(record_url) as pool:
        if account_id is None:
            account_id = (await Accounts(pool).create(email, "operate")).id
        user = await Users(pool).create(account_id, email, _password_hash(), role)
        session_id, expires_at = await RecordLogins(pool).open(user.id, lasts_s=3600, refresh_s=604_800)
    token = tokens.write(SessionToken(user_id=user.id, session_id=session_id, expires_at=expires_at))
    return Person(account_id=account_id, email=email, token=token)


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Jobserver:
    """One caller: ``headers`` hold its credentials."""

    origin: str
    session: aiohttp.ClientSession
    headers: Mapping[str, str]

    def having(self, **headers: str) -> Jobserver:
        """Another caller from the same address."""
        address = {"X-Forwarded-For": self.headers["X-Forwarded-For"]}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Jobserver(origin=self.origin, session=self.session, headers={**address, **named})

    def at(self, origin: str) -> Jobserver:
        """The same caller at another replica."""
        return Jobserver(origin=origin, session=self.session, headers=self.headers)

    async def ask(self, method: str, path: str, **request: Any) -> Answer:
        """``path`` below ``/api``, unless it is below the origin."""
        url = path if path.startswith("http") else self.origin + ("" if path[0] == "!" else "/api") + path
        headers = {**self.headers, **request.pop("headers", {})}
        async with self.session.request(method, url.replace("!", ""), headers=headers, **request) as answer:
            content = await answer.read()
            body = await answer.json() if answer.content_type == "application/json" else content
            return Answer(status=answer.status, body=body, headers=answer.headers)

    async def get(self, path: str, **query: str) -> Answer:
        return await self.ask("GET", path, params=query)

    async def post(self, path: str, body: Any = None, **request: Any) -> Answer:
        headers = {"Content-Type": "application/json", **request.pop("headers", {})}
        data = BytesIO(json.dumps(body).encode())
        return await self.ask("POST", path, data=data, headers=headers, **request)

    async def login(self, email: str, password: str = PASSWORD) -> Jobserver:
        """The same caller, logged in."""
        answer = await self.post("/auth/login", {"email": email, "password": password})
        assert answer.status == 200, answer
        return self.having(Authorization=f"Bearer {answer.body['token']}")

    async def register(self, name: str = "", **more: Any) -> Jobserver:
        """A new worker, as a caller of its own."""
        body = {"workerId": name or f"worker-{uuid4().hex[:12]}", "hostname": "desktop-pc", **more}
        answer = await self.post("/workers/register", body)
        assert answer.status == 201, answer
        return self.having(x_worker_token=answer.body["token"])

    async def submit(self, command: str = "npm test", **fields: Any) -> str:
        """A job's id."""
        answer = await self.post("/jobs/submit", {"command": command, **fields})
        assert answer.status == 201, answer
        return str(answer.body["jobId"])

    async def status(self, job_id: str) -> dict[str, Any]:
        answer = await self.get("/jobs/status", jobId=job_id)
        assert answer.status == 200, answer
        found: dict[str, Any] = answer.body["job"]
        return found

    async def get_job(self, *, timeout_s: float = 15.0) -> dict[str, Any]:
        """Ask until there is one: a job that was submitted a moment ago may not be in its lane yet."""
        async with asyncio.timeout(timeout_s):
            while True:
                answer = await self.get("/jobs/get-job")
                if answer.status == 200:
                    found: dict[str, Any] = answer.body["job"]
                    return found
                assert answer.status == 204, answer
                await asyncio.sleep(0.05)

    async def finish(self, job_id: str, exit_code: int = 0, **more: Any) -> Answer:
        return await self.post("/jobs/submit-result", {"jobId": job_id, "exitCode": exit_code, **more})

    async def upload(self, content: bytes = b"PK\x05\x06" + bytes(18), name: str = "project.zip") -> Answer:
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("file", BytesIO(content), filename=name, content_type="application/zip")
        return await self.ask("POST", "/files/upload", data=form)


@asynccontextmanager
async def nobody_at(origin: str) -> AsyncIterator[Jobserver]:
    """A caller without credentials, from an address of its own."""
    number = uuid4().int
    address = f"10.{number % 256}.{number // 256 % 256}.{number // 65536 % 256}"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Jobserver(origin=origin, session=session, headers={"X-Forwarded-For": address})


def logged_in(nobody: Jobserver, who: Person) -> Jobserver:
    """``who`` as a caller."""
    return nobody.having(Authorization=f"Bearer {who.token}")


class Socket:
    """An open ``/api/jobs/stream``."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def next(self, *, timeout_s: float = 15.0) -> dict[str, Any]:
        message: dict[str, Any] = await self.socket.receive_json(timeout=timeout_s)
        return message

    async def upto(self, kind: str) -> list[dict[str, Any]]:
        """All messages up to the first of ``kind``."""
        found = [await self.next()]
        while found[-1]["type"] != kind:
            found.append(await self.next())
        return found

    async def closed(self, *, timeout_s: float = 15.0) -> int | None:
        """The code with which the server ends it; what comes before is read over."""
        async with asyncio.timeout(timeout_s):
            async for _ in self.socket:
                pass
        return self.socket.close_code


@asynccontextmanager
async def stream(caller: Jobserver, *, origin: str | None = None, **query: str) -> AsyncIterator[Socket]:
    url = f"{origin or caller.origin}/api/jobs/stream".replace("http", "ws", 1)
    async with caller.session.ws_connect(url, headers=caller.headers, params=query) as socket:
        yield Socket(socket)
