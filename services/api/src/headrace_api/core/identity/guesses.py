"""Wrong credentials are limited for each network address, on all replicas together.

A right credential is never kept out, whoever else comes from its address: it is looked up first, and only one that was
wrong is counted. So nobody can lock a client out by guessing; and with 256 random bits in a credential what is to be
held back is the load, and the silence in which it would be tried. Passwords can be guessed: before those stands
``core.identity.brake``, which does make everybody wait.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network

from headrace_api.core.errors import RateLimitedError, UnavailableError
from headrace_api.core.identity.brake import address_subject
from headrace_api.core.limits import RateLimits

log = logging.getLogger(__name__)

_WINDOW_S = 60


class Guesses:
    """``failed`` after a credential was found wrong."""

    def __init__(
        self, limits: RateLimits, *, per_minute: int, proxies: Sequence[IPv4Network | IPv6Network] = ()
    ) -> None:
        """``proxies``: whose word is taken for where a request comes from."""
        self._limits = limits
        self._per_minute = per_minute
        self.proxies = proxies

    async def failed(self, address: str | None) -> None:
        """Count a wrong credential from ``address`` (None: not known).

        Raises RateLimitedError when there were too many in this minute; its answer then takes the place of the one
        that would have said what was wrong.
        """
        subject = f"guesses:{address_subject(address or 'unknown')}"
        try:
            await self._limits.take(subject, limit=self._per_minute, window_s=_WINDOW_S)
        except RateLimitedError as error:
            log.warning(
                "too many wrong credentials from one address",
                extra={"action": "guesses.limited", "remote": address},
            )
            # Without the allowance: that is of requests, for those who are known.
            raise RateLimitedError(error.retry_after_s) from None
        except UnavailableError as error:
            log.warning("a wrong credential is not counted: %s", error, extra={"action": "guesses.away"})
