"""One wildcard inbox for a connection: every answer finds its asker by a token in the subject.

A message that JetStream delivers for a pull comes through the same subscription, but under its own subject: such
ones go to the delivery handler, which knows them by their ack subject.

nats-py makes a subscription for each pull subscription, and its own request inbox costs a random token a
request. Here a token is a counter and an answer is one dictionary look-up. The subscription is the
client's own, so nats-py renews it after a reconnect and the tokens stay valid.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

logger = logging.getLogger(__name__)

#: Takes an answer and what stands behind the token in its subject; must not block.
Handler = Callable[[Msg, str], None]
#: Takes a message of a stream.
DeliveryHandler = Callable[[Msg], Awaitable[None]]


class Inbox:
    """Answers to many askers through one subscription."""

    def __init__(self, nc: Client) -> None:
        self.nc = nc
        self._prefix = nc.new_inbox() + "."
        self._skip = len(self._prefix)
        self._handlers: dict[str, Handler] = {}
        self._next = 0
        self._deliver: DeliveryHandler | None = None
        self._subscription: Subscription | None = None

    @classmethod
    async def open(cls, nc: Client) -> Inbox:
        """Subscribe once. The limits are off: what the server delivered must not be dropped here."""
        inbox = cls(nc)
        inbox._subscription = await nc.subscribe(
            inbox._prefix + ">", cb=inbox._dispatch, pending_msgs_limit=0, pending_bytes_limit=0
        )
        return inbox

    @property
    def waiting(self) -> int:
        """How many askers wait for an answer."""
        return len(self._handlers)

    def on_delivery(self, handler: DeliveryHandler) -> None:
        """Set who takes the messages of streams."""
        self._deliver = handler

    def register(self, handler: Handler) -> tuple[str, str]:
        """Give ``handler`` a reply subject. Returns (token, reply subject); ``release`` the token at the end.

        The asker may append ``.<tail>`` to the subject to tell its own answers apart.
        """
        self._next += 1
        token = format(self._next, "x")
        self._handlers[token] = handler
        return token, self._prefix + token

    def release(self, token: str) -> None:
        """Forget a token; an answer that still comes for it is dropped."""
        self._handlers.pop(token, None)

    async def close(self) -> None:
        """End the subscription, unless the connection has already ended it."""
        subscription, self._subscription = self._subscription, None
        if subscription is not None and not self.nc.is_closed and not self.nc.is_draining:
            await subscription.unsubscribe()

    async def _dispatch(self, message: Msg) -> None:
        subject = message.subject
        try:
            if not subject.startswith(self._prefix):
                if self._deliver is not None:
                    await self._deliver(message)
                return
            token, _, tail = subject[self._skip :].partition(".")
            handler = self._handlers.get(token)
            if handler is not None:
                handler(message, tail)
        except Exception:
            # One bad message must not end the task that reads all the others.
            logger.exception("a message could not be handled", extra={"action": "nats.inbox.error"})
