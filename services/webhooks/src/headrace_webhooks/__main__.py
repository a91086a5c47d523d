"""``headrace-webhooks``: send webhooks until told to stop."""

from __future__ import annotations

from headrace_runtime import logs, process, settings
from headrace_webhooks import bootstrap
from headrace_webhooks.settings import WebhooksSettings


def main() -> None:
    """Run the service; ends the process with its exit code."""
    chosen = settings.load(WebhooksSettings)
    logs.configure(chosen, bootstrap.SERVICE)
    process.run(lambda stop: bootstrap.run(chosen, stop))


if __name__ == "__main__":
    main()
