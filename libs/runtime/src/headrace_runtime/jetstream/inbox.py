"""One wildcard inbox for a connection: every answer finds its asker by a token in the subject.

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
#: Takes an answer that nobody waits for any more.
StrayHandler = Callable[[Msg], Awaitable[None]]


class Inbox:
    """Answers to many askers through one subscription."""

    def __init__(self, nc: Client) -> None:
        self.nc = nc
        self._prefix = nc.new_inbox() + "."
        self._skip = len(self._prefix)
        self._handlers: dict[str, Handler] = {}
        self._next = 0
        self._stray: StrayHandler | None = None
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

    def on_stray(self, handler: StrayHandler) -> None:
        """Set who takes answers that come too late."""
        self._stray = handler

    def register(self, handler: Handler) -> tuple[str, str]:
        """Give ``handler`` a reply subject. Returns (token, reply subject); ``release`` the token at the end.

        The asker may append ``.<tail>`` to the subject to tell its own answers apart.
        """
        self._next += 1
        token = format(self._next, "x")
        self._handlers[token] = handler
        return token, self._prefix + token

    def release(self, token: str) -> None:
        """Forget a token; what still comes for it goes to the stray handler."""
        self._handlers.pop(token, None)

    async def close(self) -> None:
        """End the subscription, unless the connection has already ended it."""
        subscription, self._subscription = self._subscription, None
        if subscription is not None and not self.nc.is_closed and not self.nc.is_draining:
            await subscription.unsubscribe()

    async def _dispatch(self, message: Msg) -> None:
        token, _, tail = message.subject[self._skip :].partition(".")
        handler = self._handlers.get(token)
        try:
            if handler is not None:
                handler(message, tail)
            elif self._stray is not None:
                await self._stray(message)
        except Exception:
            # One bad answer must not end the task that reads all the others.
            logger.exception("an answer could not be handled", extra={"action": "nats.inbox.error"})
