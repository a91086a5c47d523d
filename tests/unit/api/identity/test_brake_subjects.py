"""Whose failures are counted together."""

from __future__ import annotations

import pytest

from headrace_api.core.errors import RateLimitedError
from headrace_api.core.identity.brake import LoginBrake, address_subject, email_subject
from headrace_store.accounts.failures import Patience


@pytest.mark.parametrize(
    ("address", "subject"),
    [
        ("192.0.2.7", "address:192.0.2.7"),
        ("::ffff:192.0.2.7", "address:192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "address:2001:db8:1:2::/64"),
        ("fe80::1%eth0", "address:fe80::/64"),
        ("unix socket", "address:unix socket"),
    ],
)
def test_an_address_counts_as_its_customer(address: str, subject: str) -> None:
    assert address_subject(address) == subject


def test_an_email_is_counted_by_a_hash_that_does_not_fail() -> None:
    assert email_subject("a@b.c") == email_subject("a@b.c") != email_subject("a@b.d")
    assert "a@b.c" not in email_subject("a@b.c")
    assert len(email_subject("\ud800")) == len(email_subject(""))


class Failures:
    def __init__(self, waits: dict[str, float]) -> None:
        self.waits = waits
        self.calls: list[tuple[str, str]] = []

    async def attempt(self, subject: str, patience: Patience) -> float:
        assert patience.free in {5, 30}
        self.calls.append(("attempt", subject))
        return self.waits.get(subject, 0.0)

    async def forgive(self, subject: str) -> None:
        self.calls.append(("forgive", subject))

    async def take_back(self, subject: str) -> None:
        self.calls.append(("take_back", subject))


async def test_a_wait_is_told_in_whole_seconds_rounded_up() -> None:
    failures = Failures({"address:10.0.0.1": 2.1})
    with pytest.raises(RateLimitedError) as refused:
        await LoginBrake(failures).attempt("a@b.c", "10.0.0.1")
    assert refused.value.retry_after_s == 3
    assert failures.calls == [("attempt", "address:10.0.0.1")], "the e-mail's owner does not pay for it"


async def test_an_address_that_is_not_known_is_not_counted() -> None:
    failures = Failures({})
    brake = LoginBrake(failures)
    await brake.attempt("a@b.c", None)
    await brake.passed("a@b.c", None)
    assert failures.calls == [("attempt", email_subject("a@b.c")), ("forgive", email_subject("a@b.c"))]
