"""Addresses of an account that hear of every job of it, and what was sent there."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from headrace_api.core.errors import BadRequestError, ConflictError, NotFoundError, Problem, ValidationError
from headrace_contracts.ids import new_id
from headrace_contracts.signing import PREFIX

#: What an endpoint can hear of.
EVENTS: tuple[str, ...] = ("job.completed", "job.failed", "job.cancelled")
#: What a test sends; every endpoint hears it.
TEST_EVENT = "webhook.test"
#: How long the old secret signs too after a rotation.
ROTATION = timedelta(hours=24)
_SECRET_BYTES = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """An endpoint without its secret."""

    id: UUID
    url: str
    description: str
    #: Empty: every event.
    events: Sequence[str]
    created_at: datetime
    disabled_at: datetime | None
    disabled_reason: str | None
    #: Until then the secret before the last rotation signs too.
    old_secret_until: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SendAttempt:
    """One request to an endpoint: a status, or the kind of error that there was instead."""

    number: int
    at: datetime
    status: int | None
    error: str | None
    duration_ms: int
    response_head: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SentEvent:
    """A delivery: one event for one endpoint; its id is the ``webhook-id``."""

    id: UUID
    #: None: a test.
    job_id: UUID | None
    event: str
    #: pending, delivered, exhausted or held
    state: str
    created_at: datetime
    next_attempt_at: datetime | None
    attempts: Sequence[SendAttempt]


class EndpointRecord(Protocol):
    """The endpoints' rows. Raises UnavailableError while the record is away."""

    async def subscribe(
        self, account_id: UUID, *, url: str, description: str, events: Sequence[str], secret: str
    ) -> Endpoint | None:
        """None when the account has one with this URL."""

    async def listed(self, account_id: UUID) -> list[Endpoint]: ...

    async def get(self, account_id: UUID, endpoint_id: UUID) -> Endpoint | None: ...

    async def unsubscribe(self, account_id: UUID, endpoint_id: UUID) -> bool: ...

    async def rotate(self, endpoint_id: UUID, secret: str, old_for: timedelta) -> None: ...

    async def enable(self, endpoint_id: UUID) -> None: ...

    async def send_test(self, endpoint_id: UUID, delivery_id: UUID, event: str) -> None: ...

    async def deliveries(self, endpoint_id: UUID, *, limit: int, after: UUID | None) -> list[SentEvent]: ...

    async def redeliver(self, endpoint_id: UUID, delivery_id: UUID) -> bool: ...


class CheckUrl(Protocol):
    """Raises BadRequestError for an address that webhooks may not go to."""

    async def __call__(self, url: str | None) -> str | None: ...


class WebhookEndpoints:
    """Another account's endpoint is one that does not exist: NotFoundError."""

    def __init__(self, record: EndpointRecord, check_url: CheckUrl) -> None:
        self._record = record
        self._check_url = check_url

    async def create(
        self, account_id: UUID, *, url: str, description: str, events: Sequence[str]
    ) -> tuple[Endpoint, str]:
        """A new endpoint and the one copy of its secret.

        Raises ValidationError for an address that may not be called, ConflictError when there is one already.
        """
        try:
            await self._check_url(url)
        except BadRequestError as error:
            problem = Problem("url", str(error).partition("is not valid: ")[2] or str(error))
            raise ValidationError([problem]) from error
        secret = _new_secret()
        endpoint = await self._record.subscribe(
            account_id, url=url, description=description, events=list(dict.fromkeys(events)), secret=secret
        )
        if endpoint is None:
            raise ConflictError(
                "There is an endpoint with this URL already; delete it first, or rotate its secret"
            )
        return endpoint, secret

    async def listed(self, account_id: UUID) -> list[Endpoint]:
        """Oldest first."""
        return await self._record.listed(account_id)

    async def get(self, endpoint_id: UUID | None, account_id: UUID) -> Endpoint:
        endpoint = None if endpoint_id is None else await self._record.get(account_id, endpoint_id)
        if endpoint is None:
            raise NotFoundError("webhook")
        return endpoint

    async def delete(self, endpoint_id: UUID | None, account_id: UUID) -> None:
        """Jobs that name its address themselves are still told of there."""
        if endpoint_id is None or not await self._record.unsubscribe(account_id, endpoint_id):
            raise NotFoundError("webhook")

    async def rotate(self, endpoint_id: UUID | None, account_id: UUID) -> tuple[Endpoint, str]:
        """A new secret, shown once; the old one signs too for ``ROTATION``."""
        endpoint = await self.get(endpoint_id, account_id)
        secret = _new_secret()
        await self._record.rotate(endpoint.id, secret, ROTATION)
        return await self.get(endpoint.id, account_id), secret

    async def enable(self, endpoint_id: UUID | None, account_id: UUID) -> Endpoint:
        """Send again to an endpoint that was disabled; what was held for it is sent now."""
        endpoint = await self.get(endpoint_id, account_id)
        await self._record.enable(endpoint.id)
        return await self.get(endpoint.id, account_id)

    async def test(self, endpoint_id: UUID | None, account_id: UUID) -> UUID:
        """Send a test event the way every event goes; returns the delivery's id."""
        endpoint = await self.get(endpoint_id, account_id)
        delivery_id = new_id()
        await self._record.send_test(endpoint.id, delivery_id, TEST_EVENT)
        return delivery_id

    async def deliveries(
        self, endpoint_id: UUID | None, account_id: UUID, *, limit: int, after: UUID | None = None
    ) -> list[SentEvent]:
        """Youngest first, from the one after ``after``, each with its attempts."""
        endpoint = await self.get(endpoint_id, account_id)
        return await self._record.deliveries(endpoint.id, limit=limit, after=after)

    async def redeliver(self, endpoint_id: UUID | None, delivery_id: UUID | None, account_id: UUID) -> UUID:
        """Send it once more, now, under the same webhook-id; returns the delivery's id.

        Raises ConflictError for a disabled endpoint.
        """
        endpoint = await self.get(endpoint_id, account_id)
        if endpoint.disabled_at is not None:
            raise ConflictError(f"This endpoint is disabled ({endpoint.disabled_reason}); enable it first")
        if delivery_id is None or not await self._record.redeliver(endpoint.id, delivery_id):
            raise NotFoundError("delivery")
        return delivery_id


def _new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
