"""``headrace-publisher``: export results until told to stop."""

from __future__ import annotations

from headrace_publisher import bootstrap
from headrace_publisher.settings import PublisherSettings
from headrace_runtime import logs, process, settings


def main() -> None:
    """Run the service; ends the process with its exit code."""
    chosen = settings.load(PublisherSettings)
    logs.configure(chosen, bootstrap.SERVICE)
    process.run(lambda stop: bootstrap.run(chosen, stop))


if __name__ == "__main__":
    main()
