"""Who a request comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from headrace_api.core.errors import ForbiddenError
from headrace_contracts.plans import PLANS


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """A caller that was found good, and what it may do."""

    account_id: UUID
    #: A name in ``headrace_contracts.plans.PLANS``.
    plan: str
    #: How it came: ``native`` and ``auraflux`` (a key of that kind), ``user_ref``, ``session``.
    kind: str
    key_id: UUID | None = None
    #: Of a key; people and account references have all that their dialect shows.
    scopes: frozenset[str] = field(default_factory=frozenset)
    user_id: UUID | None = None
    email: str | None = None
    #: Of a person: ``admin`` or ``user``.
    role: str | None = None
    #: Requests that a key may make; None = as the dialect says.
    per_minute: int | None = None
    per_hour: int | None = None
    session_id: UUID | None = None

    @property
    def api_access(self) -> bool:
        """Whether the account's plan lets programs in (seed 001)."""
        plan = PLANS.get(self.plan)
        return plan is not None and plan.api_access

    @property
    def subject(self) -> str:
        """For whom limits count: the key where there is one, else the person, else the account."""
        if self.key_id is not None:
            return f"key:{self.key_id}"
        return f"user:{self.user_id}" if self.user_id is not None else f"account:{self.account_id}"

    def require(self, scope: str) -> None:
        """Raises ForbiddenError when a key lacks the scope."""
        if self.key_id is not None and scope not in self.scopes:
            raise ForbiddenError(f"This key lacks the scope '{scope}'; make one that has it")


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerPrincipal:
    """A registered machine that was found good."""

    worker_id: UUID
    account_id: UUID
    dialect: str
    name: str
    #: ``linux-amd64``, ``linux-arm64`` or ``any``.
    platform: str
    #: What a claim of this worker is proven with: hex SHA-256, as ``ClaimRequest.token_hash`` has it.
    claim_token: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """A session's token; this is the one copy."""

    token: str
    principal: Principal
    expires_at: datetime
