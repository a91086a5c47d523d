"""What a request asked for, as one hash: two requests with one Idempotency-Key must ask for the same. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from headrace_api.core.submit import SubmitJob


def fingerprint(commands: Sequence[SubmitJob]) -> bytes:
    """SHA-256 over all that the client chose; ids, traces and times of ours are left out."""
    digest = hashlib.sha256()
    for command in commands:
        digest.update(msgspec.json.encode(_chosen(command)))
        digest.update(b"\n")
    return digest.digest()


def _chosen(command: SubmitJob) -> list[object]:
    source = command.input
    # An input that came with the request lies under a new key each time: its content counts.
    file: object = None
    if source is not None:
        file = [source.name, source.size, command.input_digest.hex() if command.input_digest else source.key]
    return [
        command.model.id,
        command.payload,
        int(command.priority),
        file,
        command.webhook_url,
        command.platform,
        command.pool,
        command.run_at,
        command.timeout_s,
        command.staging,
        [str(destination) for destination in command.destinations],
        command.publish_at,
        command.template_id,
        command.retry_of,
        command.retry,
        command.queue_timeout_s,
    ]
