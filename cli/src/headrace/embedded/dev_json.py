"""dev.json: the addresses and credentials of the running stack, for people, clients and tests."""

from __future__ import annotations

import json
from pathlib import Path

from headrace.embedded.dev_account import ADMIN_EMAIL, PLATFORMS
from headrace.embedded.files import write_atomically
from headrace.embedded.secrets_file import StackSecrets
from headrace.embedded.stack import NATS_USER


def write_dev_json(path: Path, *, api_url: str, nats_url: str, secrets: StackSecrets) -> None:
    """Write it with mode 0600."""
    content = {
        "api_url": api_url,
        "nats_url": nats_url,
        "nats_user": NATS_USER,
        "nats_password": secrets.nats_password,
        "dashboard_url": f"{api_url}/",
        "radiance": {"origin": f"{api_url}/radiance", "agent_token": secrets.agent_token},
        "auralis": {"origin": f"{api_url}/auralis", "user_id": str(secrets.user_ref)},
        "auraflux": {
            "origin": f"{api_url}/auraflux",
            "api_key": secrets.auraflux_key,
            "platforms": list(PLATFORMS),
        },
        "jobserver": {
            "origin": f"{api_url}/jobserver",
            "email": ADMIN_EMAIL,
            "password": secrets.admin_password,
        },
        "native": {"origin": api_url, "api_key": secrets.native_key},
        "webhook_secret": secrets.webhook_secret,
    }
    write_atomically(path, json.dumps(content, indent=2) + "\n", mode=0o600)
