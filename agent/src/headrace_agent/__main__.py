"""``headrace-agent``."""

from __future__ import annotations

import os
import sys

from headrace_agent.bootstrap import find_models, serve
from headrace_agent.cli import overrides
from headrace_agent.models import UnknownModelError
from headrace_agent.settings import AgentSettings
from headrace_runtime import process
from headrace_runtime.logs import configure
from headrace_runtime.settings import EXIT_CODE, load


def main() -> None:
    """Runs until it is stopped. The first SIGTERM drains, the second one hands back and ends."""
    # Through the environment, so that worker processes see what the agent sees.
    os.environ.update(overrides(sys.argv[1:]))
    settings = load(AgentSettings)
    configure(settings, "agent")
    try:
        models = find_models(settings)
    except (UnknownModelError, ImportError) as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(EXIT_CODE) from None

    async def body(stop: process.Stop) -> None:
        await serve(settings, models, stop)

    process.run(body)


if __name__ == "__main__":
    main()
