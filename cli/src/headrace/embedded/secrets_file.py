"""The secrets of one embedded stack: made once for a state folder, then kept."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path

import msgspec

from headrace.embedded.files import write_atomically
from headrace.embedded.program import ProgramFailedError


class StackSecrets(msgspec.Struct, frozen=True, kw_only=True):
    """What only this stack knows; each value carries at least 128 random bits."""

    postgres_password: str
    s3_access_key: str
    s3_secret_key: str
    agent_token: str
    webhook_secret: str
    """As in Standard Webhooks: whsec_ and 24 to 64 random bytes in base64."""

    def __repr__(self) -> str:
        return "StackSecrets(...)"


def new_secrets() -> StackSecrets:
    return StackSecrets(
        postgres_password=secrets.token_urlsafe(24),
        s3_access_key=secrets.token_hex(10).upper(),
        s3_secret_key=secrets.token_urlsafe(30),
        agent_token=secrets.token_urlsafe(32),
        webhook_secret="whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(),
    )


def load_or_create(path: Path) -> StackSecrets:
    """The secrets in `path` (mode 0600), made when there are none.

    Raises ProgramFailedError when the file is not readable as what we wrote: the database keeps its password,
    so that new ones would not open it.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        made = new_secrets()
        write_atomically(path, msgspec.json.format(msgspec.json.encode(made)).decode() + "\n", mode=0o600)
        return made
    try:
        return msgspec.json.decode(text, type=StackSecrets)
    except msgspec.DecodeError as error:
        raise ProgramFailedError(
            f"{path} is damaged ({error}): restore it, or remove the state folder with all its data"
        ) from error
