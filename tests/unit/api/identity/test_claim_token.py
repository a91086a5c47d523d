"""A worker's claims are proven by what its token makes, and nothing else makes the same."""

from __future__ import annotations

import hashlib

from headrace_api.core.identity.claim_token import worker_claim_token
from headrace_contracts.ids import hash_token


def test_it_is_the_hash_of_the_marked_hash() -> None:
    stored = hash_token("aw_token")
    assert worker_claim_token(stored) == hashlib.sha256(b"claim:" + stored).hexdigest()


def test_another_token_makes_another_and_none_makes_the_stored_hash() -> None:
    assert worker_claim_token(hash_token("a")) != worker_claim_token(hash_token("b"))
    assert worker_claim_token(hash_token("a")) != hash_token("a").hex()
