"""A site for the dialects' transcripts: API and dispatcher as processes, and accounts with every credential."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from tests.support.record import pool_of
from tests.support.servers import (
    RealServer,
    S3Access,
    create_bucket,
    create_database,
    database_url,
    nats_server,
    run_apart,
    started,
)
from tests.support.service_process import ServiceProcess, service, service_env

from headrace.embedded.postgres import PostgresServer
from headrace.embedded.s3 import S3Server
from headrace_contracts.scopes import SCOPES
from headrace_store.accounts.accounts import Accounts
from headrace_store.accounts.keys import Keys, KeyWish
from headrace_store.accounts.passwords import hash_password
from headrace_store.accounts.users import Users

SECRET_KEY = "a-site-key-that-only-the-tests-know-0123456789"
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True, kw_only=True)
class SiteAccount:
    """An account, and all that opens it."""

    id: UUID
    user_ref: UUID
    native_key: str
    auraflux_key: str
    email: str
    password: str = PASSWORD

    def native(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.native_key}"}

    def auraflux(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.auraflux_key}"}


@dataclass(frozen=True, kw_only=True)
class Site:
    """What runs. Each test makes accounts of its own, so that jobs and limits of others are out of its sight."""

    api: ServiceProcess
    dispatcher: ServiceProcess
    nats_url: str
    record_url: str
    bucket: S3Access
    env: Mapping[str, str]

    @property
    def url(self) -> str:
        return self.api.api_url

    async def account(
        self,
        *,
        plan: str = "operate",
        credits: int = 0,
        role: str = "admin",
        scopes: Sequence[str] = tuple(SCOPES),
    ) -> SiteAccount:
        """A new account with a key of each kind and a user."""
        email = f"{uuid4().hex}@example.com"
        async with pool_of(self.record_url) as pool:
            accounts, keys = Accounts(pool), Keys(pool)
            account = await accounts.create(email, plan)
            native = await keys.create(
                KeyWish(account_id=account.id, kind="native", name="test", scopes=scopes)
            )
            auraflux = await keys.create(
                KeyWish(account_id=account.id, kind="auraflux", name="test", scopes=scopes)
            )
            await Users(pool).create(account.id, email, hash_password(PASSWORD), role)
            if credits:
                await accounts.grant(account.id, credits)
        return SiteAccount(
            id=account.id,
            user_ref=account.user_ref,
            native_key=native.key,
            auraflux_key=auraflux.key,
            email=email,
        )


@contextmanager
def site(
    folder: Path, *, nats_url: str, record_url: str, bucket: S3Access, env: Mapping[str, str] | None = None
) -> Iterator[Site]:
    """A dispatcher and an API on the given servers; ``env`` adds settings."""
    settings = {
        **service_env(nats_url, record_url, bucket),
        "HEADRACE_SECRET_KEY": SECRET_KEY,
        **(env or {}),
    }
    with ExitStack() as stack:
        dispatcher = stack.enter_context(service("headrace_dispatcher", settings, folder / "dispatcher.log"))
        api = stack.enter_context(service("headrace_api", settings, folder / "api.log"))
        yield Site(
            api=api,
            dispatcher=dispatcher,
            nats_url=nats_url,
            record_url=record_url,
            bucket=bucket,
            env=settings,
        )


@contextmanager
def site_apart(
    postgres: RealServer[PostgresServer],
    s3: RealServer[S3Server],
    template: str,
    folder: Path,
    env: Mapping[str, str] | None = None,
) -> Iterator[Site]:
    """A site with a NATS, a database and a bucket of its own, and ``env`` beside its usual settings."""
    with started(nats_server(folder)) as nats:
        record = database_url(postgres, run_apart(create_database(postgres, template=template)))
        bucket = run_apart(create_bucket(s3))
        with site(folder, nats_url=nats.program.url, record_url=record, bucket=bucket, env=env) as found:
            yield found
