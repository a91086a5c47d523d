"""Signatures after the Standard Webhooks specification: HMAC-SHA256 over ``id.timestamp.body``."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
_MIN_KEY_BYTES = 16


class SecretError(ValueError):
    """A signing secret has the wrong form; the text never holds the secret."""


def parse_secret(secret: str) -> bytes:
    """The key in ``whsec_<base64>``: the decoded part behind the prefix.

    Raises SecretError when it is no such text, or shorter than 16 bytes.
    """
    if not secret.startswith(PREFIX):
        raise SecretError(f"a webhook secret must begin with {PREFIX}")
    text = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise SecretError(f"what follows {PREFIX} in a webhook secret must be standard base64") from None
    if len(key) < _MIN_KEY_BYTES:
        raise SecretError(f"a webhook secret must hold at least {_MIN_KEY_BYTES} bytes; this has {len(key)}")
    return key


def parse_secrets(text: str) -> tuple[bytes, ...]:
    """The keys of one or more secrets with spaces between them, the newest first: for a change of secrets."""
    return tuple(parse_secret(part) for part in text.split())


class Signer:
    """Signs a body that comes in pieces: ``update`` with each, then ``headers``."""

    def __init__(self, keys: Sequence[bytes], *, webhook_id: str, timestamp_s: int) -> None:
        self._id = webhook_id
        self._time = str(timestamp_s)
        before = f"{webhook_id}.{timestamp_s}.".encode()
        self._macs = [hmac.new(key, before, hashlib.sha256) for key in keys]

    def update(self, piece: bytes) -> None:
        for mac in self._macs:
            mac.update(piece)

    @property
    def signature(self) -> str:
        """The value of ``webhook-signature``: one ``v1,<base64>`` for each key, with spaces between them."""
        return " ".join(f"v1,{base64.b64encode(mac.digest()).decode()}" for mac in self._macs)

    def headers(self) -> dict[str, str]:
        """The three headers of one attempt. The id stays over all attempts; the time and the signature don't."""
        return {"webhook-id": self._id, "webhook-timestamp": self._time, "webhook-signature": self.signature}


def sign(keys: Sequence[bytes], *, webhook_id: str, timestamp_s: int, body: bytes) -> str:
    """The value of ``webhook-signature`` for a body that is there."""
    signer = Signer(keys, webhook_id=webhook_id, timestamp_s=timestamp_s)
    signer.update(body)
    return signer.signature


def headers(keys: Sequence[bytes], *, webhook_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """The three headers of one attempt for a body that is there."""
    signer = Signer(keys, webhook_id=webhook_id, timestamp_s=timestamp_s)
    signer.update(body)
    return signer.headers()
