"""The site's key: what is derived from HEADRACE_SECRET_KEY, and small secrets that are kept encrypted with it.

AES-256-GCM with a random nonce, under a key of its own for each purpose (HKDF-SHA256, RFC 5869). What is sealed is
bound to its owner (the row's id), so that a row's secret opens in no other row.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

#: Shorter ones are guessed.
MIN_SECRET_CHARS = 32

_VERSION = b"\x01"
_NONCE_BYTES = 12
_SALT = b"headrace site key"


class WrongKeyError(Exception):
    """What was sealed does not open with this site key, or was damaged."""

    def __init__(self) -> None:
        super().__init__(
            "an encrypted secret of the record does not open with HEADRACE_SECRET_KEY: set the key that it was "
            "written with, or enter the secret again"
        )


class Box:
    """Seals and opens for one purpose."""

    def __init__(self, key: bytes) -> None:
        """``key``: 32 bytes."""
        self._cipher = AESGCM(key)

    def seal(self, owner: UUID, data: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, data, owner.bytes)

    def open(self, owner: UUID, sealed: bytes) -> bytes:
        """Raises WrongKeyError."""
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        if sealed[:1] != _VERSION or len(nonce) != _NONCE_BYTES:
            raise WrongKeyError
        try:
            return self._cipher.decrypt(nonce, body, owner.bytes)
        except InvalidTag:
            raise WrongKeyError from None

    def seal_fields(self, owner: UUID, fields: Mapping[str, Any]) -> bytes:
        """``fields`` as JSON, sealed."""
        return self.seal(owner, msgspec.json.encode(dict(fields)))

    def open_fields(self, owner: UUID, sealed: bytes) -> dict[str, Any]:
        """What ``seal_fields`` sealed. Raises WrongKeyError."""
        return msgspec.json.decode(self.open(owner, sealed), type=dict[str, Any])


class SiteKey:
    """HEADRACE_SECRET_KEY. Its repr shows nothing."""

    def __init__(self, secret: str) -> None:
        """Raises ValueError for a secret that is too short."""
        if len(secret) < MIN_SECRET_CHARS:
            raise ValueError(f"HEADRACE_SECRET_KEY must have at least {MIN_SECRET_CHARS} characters")
        self._secret = secret.encode()

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose; those of another purpose can't be told from them."""
        return HKDF(algorithm=hashes.SHA256(), length=32, salt=_SALT, info=purpose.encode()).derive(
            self._secret
        )

    def destinations(self) -> Box:
        """For ``destinations.secret``; the owner is the destination's id."""
        return Box(self.derive("destinations"))

    def publications(self) -> Box:
        """For ``publications.session``; the owner is the publication's id."""
        return Box(self.derive("publications"))

    def sessions(self) -> bytes:
        """The key that signs the tokens of logins."""
        return self.derive("sessions")

    def __repr__(self) -> str:
        return "SiteKey(...)"
