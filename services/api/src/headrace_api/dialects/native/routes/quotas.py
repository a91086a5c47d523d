"""What operators let an account have waiting and in motion."""

from __future__ import annotations

from typing import Any

from headrace_api.core.core import Core
from headrace_api.core.quotas import Quota
from headrace_api.dialects.native import ids
from headrace_api.dialects.native.route import Call, Route
from headrace_api.dialects.native.routes.account import ACCOUNT
from headrace_api.dialects.native.schemas.switches import AccountLimits, LimitsBody
from headrace_contracts.scopes import OPERATOR
from headrace_store.accounts.accounts import UNCHANGED

_PATH = "/v1/accounts/{id}/limits"
_NOT_FOUND = {404: "Account not found"}


class QuotaRoutes:
    def __init__(self, core: Core) -> None:
        self._core = core

    async def get(self, call: Call[Any, Any]) -> AccountLimits:
        return _limits(await self._core.quotas.get(ids.read(ids.ACCOUNT, call.path("id"))))

    async def set(self, call: Call[LimitsBody, Any]) -> AccountLimits:
        body, given = call.body, call.body.model_fields_set
        quota = await self._core.quotas.set(
            ids.read(ids.ACCOUNT, call.path("id")),
            max_queued=body.max_queued if "max_queued" in given else UNCHANGED,
            max_running=body.max_running if "max_running" in given else UNCHANGED,
        )
        return _limits(quota)


def _limits(quota: Quota) -> AccountLimits:
    return AccountLimits(
        account_id=ids.shown(ids.ACCOUNT, quota.account_id),
        name=quota.name,
        max_queued=quota.max_queued,
        max_running=quota.max_running,
        queued=quota.queued,
        running=quota.running,
    )


def routes(core: Core) -> list[Route]:
    quotas = QuotaRoutes(core)
    return [
        Route(method="GET", path=_PATH, handle=quotas.get, tag=ACCOUNT, scope=OPERATOR, answer=AccountLimits,
              summary="What an account may have waiting and in motion, and has", refuses=_NOT_FOUND),
        Route(method="PATCH", path=_PATH, handle=quotas.set, tag=ACCOUNT, scope=OPERATOR, body=LimitsBody,
              answer=AccountLimits, summary="Set, change or take away the limits of an account", refuses=_NOT_FOUND,
              description="What waits or runs already beyond a new limit does so."),
    ]  # fmt: skip
