"""Whoever calls proves who they are. Each proof is looked up in the record: what was revoked is dead at once."""

from __future__ import annotations

from headrace_api.core.errors import UnauthorizedError
from headrace_api.core.gather import Gather
from headrace_api.core.identity.claim_token import worker_claim_token
from headrace_api.core.identity.key_use import KeyUse
from headrace_api.core.identity.ports import Credentials
from headrace_api.core.identity.principal import Login, Principal, WorkerPrincipal
from headrace_api.core.identity.sessions import SessionDesk
from headrace_contracts.ids import hash_token, parse_id
from headrace_store.accounts.keys import PREFIXES

# Longer ones are none of ours.
_MAX_TOKEN_CHARS = 512


class Identity:
    """All checks raise UnauthorizedError for what is missing, unknown, revoked, expired, of another kind or of a
    disabled account, and UnavailableError when the record can't be asked.
    """

    def __init__(self, credentials: Credentials, sessions: SessionDesk, use: KeyUse) -> None:
        self._credentials = credentials
        self._sessions = sessions
        self._use = use
        self._keys = Gather(credentials.live_keys)

    async def stop(self) -> None:
        await self._keys.stop()
        await self._sessions.stop()

    async def api_key(self, token: str | None, kind: str) -> Principal:
        """A program's key of the kind ``native`` or ``auraflux``."""
        if not token:
            raise UnauthorizedError("API key required")
        if not token.startswith(PREFIXES[kind]) or len(token) > _MAX_TOKEN_CHARS:
            raise UnauthorizedError("Invalid API key")
        key = await self._keys(hash_token(token))
        if key is None or key.kind != kind:
            raise UnauthorizedError("Invalid API key")
        self._use.note(key.id, key.last_used_at)
        return Principal(
            account_id=key.account_id,
            plan=key.plan,
            kind=kind,
            key_id=key.id,
            scopes=frozenset(key.scopes),
            per_minute=key.per_minute,
            per_hour=key.per_hour,
        )

    async def user_ref(self, text: str | None) -> Principal:
        """What auralis calls ``user_id``: an account's reference, which we gave out."""
        ref = parse_id(text or "")
        account = None if ref is None else await self._credentials.account(ref)
        if account is None:
            raise UnauthorizedError("Unknown user_id" if text else "user_id is required")
        return Principal(account_id=account.id, plan=account.plan, kind="user_ref")

    async def worker(self, token: str | None, dialect: str) -> WorkerPrincipal:
        """A registered machine of the dialect."""
        if not token:
            raise UnauthorizedError("Worker token required")
        if len(token) > _MAX_TOKEN_CHARS:
            raise UnauthorizedError("Invalid worker token")
        found = await self._credentials.worker(hash_token(token))
        if found is None or found.dialect != dialect:
            raise UnauthorizedError("Invalid worker token")
        return WorkerPrincipal(
            worker_id=found.id,
            account_id=found.account_id,
            dialect=found.dialect,
            name=found.name,
            platform=found.platform,
            claim_token=worker_claim_token(found.token_hash),
        )

    async def login(self, email: str, password: str, address: str | None) -> Login:
        """``address``: the client's network address, None where it is not known.

        Raises RateLimitedError after too many failures, NotConfiguredError without a site key.
        """
        return await self._sessions.login(email, password, address)

    async def session(self, token: str | None) -> Principal:
        """Who is logged in. Raises NotConfiguredError without a site key."""
        return await self._sessions.session(token)

    async def logout(self, token: str | None) -> None:
        """End this session, everywhere and at once."""
        await self._sessions.logout(token)

    async def refresh(self, token: str | None) -> Login:
        """A new token of the same session, for one that expired less than seven days ago."""
        return await self._sessions.refresh(token)
