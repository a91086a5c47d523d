"""Addresses that hear of every job of the account, and what was sent there."""

from __future__ import annotations

from collections.abc import Sequence

from headrace.client.calls import call, part, value
from headrace.client.model.webhook import DeliveryPage, Queued, Webhook, WebhookList
from headrace.client.operation import operation
from headrace.client.steps import Steps


class WebhookCalls:
    @operation
    def webhooks(self) -> Steps[list[Webhook]]:
        """The account's webhooks, without their secrets."""
        return value((yield from call("GET", "/v1/webhooks")), WebhookList).webhooks

    @operation
    def webhook(self, webhook_id: str) -> Steps[Webhook]:
        """One webhook. Raises NotFoundError."""
        return value((yield from call("GET", f"/v1/webhooks/{part(webhook_id)}")), Webhook)

    @operation
    def create_webhook(
        self, url: str, *, events: Sequence[str] = (), description: str = ""
    ) -> Steps[Webhook]:
        """Be told of jobs; no ``events``: of every end. The answer has the ``secret``, this once.

        Raises ConflictError (there is one with this URL) or ApiError.
        """
        body = {"url": url, "events": list(events), "description": description}
        return value((yield from call("POST", "/v1/webhooks", json=body)), Webhook)

    @operation
    def delete_webhook(self, webhook_id: str) -> Steps[None]:
        """Delete a webhook. Raises NotFoundError."""
        yield from call("DELETE", f"/v1/webhooks/{part(webhook_id)}")

    @operation
    def rotate_webhook(self, webhook_id: str) -> Steps[Webhook]:
        """Make a new ``secret``; the old one signs too for 24 hours. Raises NotFoundError."""
        return value((yield from call("POST", f"/v1/webhooks/{part(webhook_id)}/rotate")), Webhook)

    @operation
    def enable_webhook(self, webhook_id: str) -> Steps[Webhook]:
        """Send again to a webhook that was disabled. Raises NotFoundError."""
        return value((yield from call("POST", f"/v1/webhooks/{part(webhook_id)}/enable")), Webhook)

    @operation
    def test_webhook(self, webhook_id: str) -> Steps[Queued]:
        """Send a test event. Raises NotFoundError."""
        return value((yield from call("POST", f"/v1/webhooks/{part(webhook_id)}/test")), Queued)

    @operation
    def deliveries(
        self, webhook_id: str, *, limit: int = 20, cursor: str | None = None
    ) -> Steps[DeliveryPage]:
        """A page of what was sent, youngest first, with each attempt. Raises NotFoundError."""
        params = {"limit": limit, "cursor": cursor}
        reply = yield from call("GET", f"/v1/webhooks/{part(webhook_id)}/deliveries", params=params)
        return value(reply, DeliveryPage)

    @operation
    def redeliver(self, webhook_id: str, delivery_id: str) -> Steps[Queued]:
        """Send a delivery once more. Raises NotFoundError, or ConflictError while the webhook is disabled."""
        path = f"/v1/webhooks/{part(webhook_id)}/deliveries/{part(delivery_id)}/redeliver"
        return value((yield from call("POST", path)), Queued)
