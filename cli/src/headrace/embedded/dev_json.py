"""dev.json: the addresses and credentials of the running stack, for people, clients and tests."""

from __future__ import annotations

import json
from pathlib import Path

from headrace.embedded.files import write_atomically
from headrace.embedded.secrets_file import StackSecrets


def write_dev_json(path: Path, *, api_url: str, nats_url: str, secrets: StackSecrets) -> None:
    """Write it with mode 0600. A dialect's entry is there when the stack serves that dialect."""
    content = {
        "api_url": api_url,
        "nats_url": nats_url,
        "dashboard_url": f"{api_url}/",
        "radiance": {"origin": f"{api_url}/radiance", "agent_token": secrets.agent_token},
        "webhook_secret": secrets.webhook_secret,
    }
    write_atomically(path, json.dumps(content, indent=2) + "\n", mode=0o600)
