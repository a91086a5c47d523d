"""How a receiver checks that a webhook is ours (Standard Webhooks)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

#: Older and newer ones are refused: somebody may have recorded them.
TOLERANCE_S = 300


def is_genuine(headers: Mapping[str, str], body: bytes, *, secret: str, now_s: float) -> bool:
    """Whether ``webhook-signature`` fits id, time and body. ``headers`` has lower-case names."""
    webhook_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not webhook_id or not timestamp.isdigit() or abs(now_s - int(timestamp)) > TOLERANCE_S:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{webhook_id}.{timestamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(each.encode(), expected.encode()) for each in given)
