"""Agent tokens: from settings and from the record."""

from __future__ import annotations

import pytest

from headrace_api.core.errors import UnauthorizedError, UnavailableError
from headrace_api.core.tokens import AgentAuth
from headrace_contracts.ids import hash_token


class Stored:
    def __init__(self) -> None:
        self.tokens = {"kept"}
        self.asked = 0
        self.away = False

    async def __call__(self) -> frozenset[bytes]:
        self.asked += 1
        if self.away:
            raise UnavailableError("The record")
        return frozenset(hash_token(token) for token in self.tokens)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def made() -> tuple[AgentAuth, Stored, Clock]:
    stored, clock = Stored(), Clock()
    return AgentAuth(static=frozenset({hash_token("given")}), stored=stored, clock=clock), stored, clock


async def test_given_token_needs_no_record() -> None:
    auth, stored, _ = made()
    stored.away = True
    await auth.check("given")
    assert stored.asked == 0


@pytest.mark.parametrize("token", [None, "", "wrong", "give", "given "])
async def test_others_are_refused(token: str | None) -> None:
    auth, _, _ = made()
    with pytest.raises(UnauthorizedError, match="Agent auth required"):
        await auth.check(token)


async def test_record_is_asked_again_after_five_seconds() -> None:
    auth, stored, clock = made()
    await auth.check("kept")
    stored.tokens = set()
    clock.now = 4.9
    await auth.check("kept")
    assert stored.asked == 1
    clock.now = 5.0
    with pytest.raises(UnauthorizedError):
        await auth.check("kept")


async def test_record_away_keeps_what_was_good_and_says_when_it_can_not_tell() -> None:
    auth, stored, clock = made()
    stored.away = True
    with pytest.raises(UnavailableError):
        await auth.check("kept")
    stored.away = False
    await auth.check("kept")
    stored.away, clock.now = True, 6.0
    await auth.check("kept")
