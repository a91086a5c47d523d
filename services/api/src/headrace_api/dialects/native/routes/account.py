"""The account of the key that asks: its keys and its usage."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from headrace_api.core.core import Core
from headrace_api.core.errors import Problem, ValidationError
from headrace_api.dialects.native import ids
from headrace_api.dialects.native.route import Call, Reply, Route
from headrace_api.dialects.native.schemas import account as schema
from headrace_api.dialects.native.settings import NativeSettings
from headrace_contracts.scopes import ADMIN, JOBS_READ, OPERATOR
from headrace_store.accounts.keys import ApiKey

ACCOUNT = "Account"
KEYS = "Keys"
_DAYS = 30


class AccountRoutes:
    def __init__(self, core: Core, settings: NativeSettings) -> None:
        self._core = core
        self._settings = settings

    async def account(self, call: Call[Any, Any]) -> schema.Account:
        card = await self._core.usage.account(call.who.account_id)
        return schema.Account.model_construct(
            account_id=ids.shown(ids.ACCOUNT, card.id),
            name=card.name,
            plan=card.plan,
            credits=card.balance,
            created_at=card.created_at,
            scopes=sorted(call.who.scopes),
            per_minute=call.who.per_minute or self._settings.per_minute,
            per_hour=call.who.per_hour or self._settings.per_hour,
            max_queued=card.max_queued,
            max_running=card.max_running,
        )

    async def usage(self, call: Call[Any, schema.UsageQuery]) -> schema.Usage:
        until_day = call.query.until or datetime.now(UTC).date()
        since_day = call.query.since or date.fromordinal(max(1, until_day.toordinal() - _DAYS))
        if until_day < since_day:
            raise ValidationError([Problem("to", "must not lie before 'from'")])
        span = {
            "since": datetime.combine(since_day, time(), UTC),
            "until": datetime.combine(until_day, time(), UTC) + timedelta(days=1),
        }
        lines = await self._core.usage.jobs(call.who.account_id, **span)
        credit = await self._core.usage.credits(call.who.account_id, **span)
        return schema.Usage(
            jobs=sum(line.jobs for line in lines),
            run_seconds=round(sum(line.run_seconds for line in lines), 3),
            credits_charged=credit.charged,
            credits_refunded=credit.refunded,
            credits_granted=credit.granted,
            lines=[
                schema.UsageLine(
                    model=line.model,
                    status=line.state,
                    jobs=line.jobs,
                    run_seconds=round(line.run_seconds, 3),
                )
                for line in lines
            ],
        )

    async def create_key(self, call: Call[schema.KeyBody, Any]) -> Reply:
        body = call.body
        if OPERATOR in (body.scopes or ()):
            call.who.require(OPERATOR)  # an account's admin does not become the site's operator
        made = await self._core.keys.create(
            call.who.account_id,
            kind="native",
            name=body.name,
            scopes=body.scopes,
            expires_at=body.expires_at,
            per_minute=body.per_minute,
            per_hour=body.per_hour,
        )
        return Reply(answer=schema.NewKey.model_construct(**_fields(made.record), key=made.key))

    async def keys(self, call: Call[Any, Any]) -> schema.KeyList:
        kept = await self._core.keys.listed(call.who.account_id)
        return schema.KeyList(keys=[schema.Key.model_construct(**_fields(each)) for each in kept])

    async def revoke(self, call: Call[Any, Any]) -> None:
        await self._core.keys.revoke(call.who.account_id, ids.read(ids.KEY, call.path("id")))


def _fields(kept: ApiKey) -> dict[str, Any]:
    return {
        "key_id": ids.shown(ids.KEY, kept.id),
        "kind": kept.kind,
        "name": kept.name,
        "hint": kept.hint,
        "scopes": kept.scopes,
        "per_minute": kept.per_minute,
        "per_hour": kept.per_hour,
        "created_at": kept.created_at,
        "expires_at": kept.expires_at,
        "last_used_at": kept.last_used_at,
        "revoked_at": kept.revoked_at,
    }


def routes(core: Core, settings: NativeSettings) -> list[Route]:
    account = AccountRoutes(core, settings)
    return [
        Route(method="GET", path="/v1/account", handle=account.account, summary="The account of this key",
              tag=ACCOUNT, scope=None, answer=schema.Account),
        Route(method="GET", path="/v1/usage", handle=account.usage, tag=ACCOUNT, scope=JOBS_READ,
              summary="Jobs, run time and credits, from one day to another", query=schema.UsageQuery,
              answer=schema.Usage),
        Route(method="POST", path="/v1/keys", handle=account.create_key, made="key_id", summary="Make a key", tag=KEYS,
              scope=ADMIN, body=schema.KeyBody, answer=schema.NewKey, status=201),
        Route(method="GET", path="/v1/keys", handle=account.keys, summary="List keys, youngest first",
              tag=KEYS, scope=ADMIN, answer=schema.KeyList),
        Route(method="DELETE", path="/v1/keys/{id}", handle=account.revoke, summary="Revoke a key", tag=KEYS,
              scope=ADMIN, status=204, refuses={404: "Key not found"}),
    ]  # fmt: skip
