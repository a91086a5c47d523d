"""The flags of ``headrace-agent``; each one wins over its environment variable."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from headrace_runtime.settings import variable

_FLAGS = {
    "id": ("agent_id", "the name that people see (the host's name)"),
    "slots": ("agent_slots", "how many jobs run at the same time (one a core)"),
    "transport": ("agent_transport", "jetstream or rest (jetstream)"),
    "models": ("agent_models", "models to serve, divided by commas (all that are installed)"),
    "platform": ("agent_platform", "linux-amd64 or linux-arm64 (found out)"),
    "work-dir": ("agent_work_dir", "where inputs and outputs of running jobs lie"),
    "api-url": ("agent_api_url", "for rest: the origin of the radiance dialect"),
}


def overrides(argv: Sequence[str]) -> dict[str, str]:
    """The environment variables that the flags in ``argv`` set.

    Raises SystemExit for --help and for unknown flags.
    """
    parser = argparse.ArgumentParser(
        prog="headrace-agent",
        description="Pulls jobs, runs them, returns results. Every flag is also a HEADRACE_* variable.",
    )
    for flag, (field, words) in _FLAGS.items():
        parser.add_argument(f"--{flag}", dest=field, help=f"{words}; {variable(field)}")
    found = vars(parser.parse_args(argv))
    return {variable(field): value for field, value in found.items() if value is not None}
