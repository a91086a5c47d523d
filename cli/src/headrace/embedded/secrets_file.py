"""The secrets of one embedded stack: made once for a state folder, then kept."""

from __future__ import annotations

import base64
import secrets
import uuid
from pathlib import Path

import msgspec

from headrace.embedded.files import write_atomically
from headrace.embedded.program import ProgramFailedError
from headrace_contracts.ids import new_token
from headrace_store.accounts.keys import PREFIXES


class StackSecrets(msgspec.Struct, frozen=True, kw_only=True):
    """What only this stack knows; each value carries at least 128 random bits."""

    postgres_password: str
    s3_access_key: str
    s3_secret_key: str
    agent_token: str
    webhook_secret: str
    """As in Standard Webhooks: whsec_ and 24 to 64 random bytes in base64."""
    # With a default each: they are filled into the file of a state folder that is older than they are.
    secret_key: str = msgspec.field(default_factory=new_token)
    native_key: str = msgspec.field(default_factory=lambda: new_token(PREFIXES["native"]))
    auraflux_key: str = msgspec.field(default_factory=lambda: new_token(PREFIXES["auraflux"]))
    admin_password: str = msgspec.field(default_factory=lambda: secrets.token_urlsafe(18))
    nats_password: str = msgspec.field(default_factory=lambda: secrets.token_urlsafe(24))
    user_ref: uuid.UUID = msgspec.field(default_factory=uuid.uuid4)

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
    """The secrets in `path` (mode 0600), made when there are none; those that an older version did not know are added.

    Raises ProgramFailedError when the file is not readable as what we wrote: the database keeps its password,
    so that new ones would not open it.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        made = new_secrets()
        _write(path, made)
        return made
    try:
        known = msgspec.json.decode(text, type=StackSecrets)
        given = msgspec.json.decode(text, type=dict[str, str])
    except msgspec.DecodeError as error:
        raise ProgramFailedError(
            f"{path} is damaged ({error}): restore it, or remove the state folder with all its data"
        ) from error
    if set(StackSecrets.__struct_fields__) - set(given):
        _write(path, known)
    return known


def _write(path: Path, secrets: StackSecrets) -> None:
    text = msgspec.json.format(msgspec.json.encode(secrets)).decode()
    write_atomically(path, text + "\n", mode=0o600)
