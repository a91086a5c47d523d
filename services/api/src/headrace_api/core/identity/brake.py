"""Failed logins are slowed, for each e-mail address and for each network address, on all replicas together."""

from __future__ import annotations

import hashlib
import ipaddress
import math

from headrace_api.core.errors import RateLimitedError
from headrace_api.core.identity.ports import Failures
from headrace_store.accounts.failures import Patience

EMAIL = Patience(free=5)
#: Many people may share one address.
ADDRESS = Patience(free=30)


class LoginBrake:
    """``attempt`` before the password is looked at, ``passed`` when it was right."""

    def __init__(self, failures: Failures, *, email: Patience = EMAIL, address: Patience = ADDRESS) -> None:
        self._failures = failures
        self._email = email
        self._address = address

    async def attempt(self, email: str, address: str | None) -> None:
        """Counted as failed until ``passed``, so that attempts at the same time count, too.

        Raises RateLimitedError with the time to wait.
        """
        if address is not None:
            self._check(await self._failures.attempt(address_subject(address), self._address))
        self._check(await self._failures.attempt(email_subject(email), self._email))

    async def passed(self, email: str, address: str | None) -> None:
        await self._failures.forgive(email_subject(email))
        if address is not None:
            await self._failures.take_back(address_subject(address))

    @staticmethod
    def _check(wait_s: float) -> None:
        if wait_s > 0:
            raise RateLimitedError(math.ceil(wait_s))


def email_subject(email: str) -> str:
    """Hashed: people type their password into the wrong field."""
    return f"email:{hashlib.sha256(email.encode('utf-8', 'surrogatepass')).hexdigest()}"


def address_subject(address: str) -> str:
    """An IPv6 customer has at least a /64 of addresses to choose from: they count as one."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return f"address:{address[:100]}"
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is not None:
            return f"address:{known.ipv4_mapped}"
        return f"address:{ipaddress.IPv6Network((known, 64), strict=False)}"
    return f"address:{known}"
