"""What a registered worker proves its claims with: made from its token, so that it needs no other secret."""

from __future__ import annotations

import hashlib


def worker_claim_token(token_hash: bytes) -> str:
    """Hex SHA-256, as ``ClaimRequest.token_hash`` and the reports have it. ``token_hash``: SHA-256 of its token."""
    return hashlib.sha256(b"claim:" + token_hash).hexdigest()
