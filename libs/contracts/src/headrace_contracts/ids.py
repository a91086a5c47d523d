"""Ids and secrets. Ids are UUIDv7 (RFC 9562): 74 random bits over a millisecond clock, so they sort by age.

The design asks for 128 unguessable bits where an id alone opens a door: those are tokens (``new_token``); a job
id is public only together with them, or in the radiance dialect where the job itself is public as documented.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid

import uuid_utils.compat


def new_id() -> uuid.UUID:
    """A new UUIDv7. Two from one process never sort backwards."""
    return uuid_utils.compat.uuid7()


def parse_id(text: str) -> uuid.UUID | None:
    """The UUID written in ``text`` in its canonical 36-character form, or None."""
    if len(text) != 36:
        return None
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def new_token(prefix: str = "") -> str:
    """A secret of 256 random bits behind a readable prefix, URL-safe."""
    return prefix + secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    """What is stored of a token: SHA-256. Enough for a 256-bit random secret; passwords go through argon2."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def token_matches(token: str, stored_hash: bytes | None) -> bool:
    """Compare in constant time; a missing hash matches nothing."""
    return stored_hash is not None and hmac.compare_digest(hash_token(token), stored_hash)
