"""Addresses that hear of every job, and what was sent there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from headrace_api.core.core import Core
from headrace_api.core.webhook_endpoints import Endpoint, SentEvent
from headrace_api.dialects.native import ids, paging
from headrace_api.dialects.native.route import Call, Reply, Route
from headrace_api.dialects.native.schemas import account as schema
from headrace_api.dialects.native.schemas.things import PageQuery
from headrace_contracts.scopes import WEBHOOKS

TAG = "Webhooks"


class WebhookRoutes:
    def __init__(self, core: Core) -> None:
        self._endpoints = core.webhook_endpoints

    async def create(self, call: Call[schema.WebhookBody, Any]) -> Reply:
        body = call.body
        made, secret = await self._endpoints.create(
            call.who.account_id, url=body.url, description=body.description, events=body.events
        )
        answer = schema.WebhookSecret.model_construct(**_fields(made), secret=secret)
        return Reply(answer=answer, headers={"Location": f"/v1/webhooks/{answer.webhook_id}"})

    async def listed(self, call: Call[Any, Any]) -> schema.WebhookList:
        kept = await self._endpoints.listed(call.who.account_id)
        return schema.WebhookList(webhooks=[_shown(each) for each in kept])

    async def get(self, call: Call[Any, Any]) -> schema.Webhook:
        return _shown(await self._endpoints.get(_id(call), call.who.account_id))

    async def delete(self, call: Call[Any, Any]) -> None:
        await self._endpoints.delete(_id(call), call.who.account_id)

    async def rotate(self, call: Call[Any, Any]) -> schema.WebhookSecret:
        changed, secret = await self._endpoints.rotate(_id(call), call.who.account_id)
        return schema.WebhookSecret.model_construct(**_fields(changed), secret=secret)

    async def enable(self, call: Call[Any, Any]) -> schema.Webhook:
        return _shown(await self._endpoints.enable(_id(call), call.who.account_id))

    async def test(self, call: Call[Any, Any]) -> schema.DeliveryQueued:
        delivery_id = await self._endpoints.test(_id(call), call.who.account_id)
        return schema.DeliveryQueued(delivery_id=ids.shown(ids.DELIVERY, delivery_id), status="pending")

    async def deliveries(self, call: Call[Any, PageQuery]) -> schema.DeliveryList:
        asked = call.query
        sent = await self._endpoints.deliveries(
            _id(call),
            call.who.account_id,
            limit=asked.limit + 1,
            after=paging.after(ids.DELIVERY, asked.cursor),
        )
        page, more = paging.cut(sent, asked.limit)
        return schema.DeliveryList(
            deliveries=[_delivery(each) for each in page],
            has_more=more,
            next_cursor=ids.shown(ids.DELIVERY, page[-1].id) if more else None,
        )

    async def redeliver(self, call: Call[Any, Any]) -> schema.DeliveryQueued:
        delivery_id = ids.read(ids.DELIVERY, call.path("delivery_id"))
        again = await self._endpoints.redeliver(_id(call), delivery_id, call.who.account_id)
        return schema.DeliveryQueued(delivery_id=ids.shown(ids.DELIVERY, again), status="pending")


def _id(call: Call[Any, Any]) -> UUID | None:
    return ids.read(ids.WEBHOOK, call.path("id"))


def _fields(kept: Endpoint) -> dict[str, Any]:
    return {
        "webhook_id": ids.shown(ids.WEBHOOK, kept.id),
        "url": kept.url,
        "description": kept.description,
        "events": list(kept.events),
        "enabled": kept.disabled_at is None,
        "disabled_at": kept.disabled_at,
        "disabled_reason": kept.disabled_reason,
        "old_secret_until": kept.old_secret_until,
        "created_at": kept.created_at,
    }


def _shown(kept: Endpoint) -> schema.Webhook:
    return schema.Webhook.model_construct(**_fields(kept))


def _delivery(sent: SentEvent) -> schema.Delivery:
    return schema.Delivery.model_construct(
        delivery_id=ids.shown(ids.DELIVERY, sent.id),
        job_id=None if sent.job_id is None else ids.shown(ids.JOB, sent.job_id),
        event=sent.event,
        status=sent.state,
        created_at=sent.created_at,
        next_attempt_at=sent.next_attempt_at,
        attempts=[
            schema.SendAttempt.model_construct(
                number=each.number,
                at=each.at,
                status=each.status,
                error=each.error,
                duration_ms=each.duration_ms,
                response_head=each.response_head,
            )
            for each in sent.attempts
        ],
    )


def routes(core: Core) -> list[Route]:
    hooks = WebhookRoutes(core)
    missing = {404: "Webhook not found"}
    one = "/v1/webhooks/{id}"
    return [
        Route(method="POST", path="/v1/webhooks", handle=hooks.create, made="webhook_id", tag=TAG, scope=WEBHOOKS,
              summary="Be told of every job", body=schema.WebhookBody, answer=schema.WebhookSecret, status=201,
              refuses={409: "There is one with this URL"}),
        Route(method="GET", path="/v1/webhooks", handle=hooks.listed, summary="List webhooks", tag=TAG,
              scope=WEBHOOKS, answer=schema.WebhookList),
        Route(method="GET", path=one, handle=hooks.get, summary="See a webhook", tag=TAG, scope=WEBHOOKS,
              answer=schema.Webhook, refuses=missing),
        Route(method="DELETE", path=one, handle=hooks.delete, summary="Delete a webhook", tag=TAG,
              scope=WEBHOOKS, status=204, refuses=missing),
        Route(method="POST", path=f"{one}/rotate", handle=hooks.rotate, tag=TAG, scope=WEBHOOKS,
              summary="Make a new secret; the old one signs too for 24 hours", answer=schema.WebhookSecret,
              refuses=missing),
        Route(method="POST", path=f"{one}/enable", handle=hooks.enable, tag=TAG, scope=WEBHOOKS,
              summary="Send again to a webhook that was disabled", answer=schema.Webhook, refuses=missing),
        Route(method="POST", path=f"{one}/test", handle=hooks.test, tag=TAG, scope=WEBHOOKS,
              summary="Send a test event", answer=schema.DeliveryQueued, status=202, refuses=missing),
        Route(method="GET", path=f"{one}/deliveries", handle=hooks.deliveries, tag=TAG, scope=WEBHOOKS,
              summary="What was sent, youngest first, with each attempt", query=PageQuery,
              answer=schema.DeliveryList, refuses=missing),
        Route(method="POST", path=f"{one}/deliveries/{{delivery_id}}/redeliver", handle=hooks.redeliver,
              tag=TAG, scope=WEBHOOKS, summary="Send a delivery once more", answer=schema.DeliveryQueued,
              status=202, refuses={404: "Webhook or delivery not found", 409: "The webhook is disabled"}),
    ]  # fmt: skip
