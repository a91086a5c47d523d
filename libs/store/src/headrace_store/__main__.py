"""``python -m headrace_store migrate``: bring the record at HEADRACE_POSTGRES_URL up to date."""

from __future__ import annotations

import asyncio
import os
import sys

from headrace_store.migrate import migrate


def main() -> int:
    """Run the command; returns the exit status."""
    url = os.environ.get("HEADRACE_POSTGRES_URL", "")
    if sys.argv[1:] != ["migrate"] or not url:
        print(  # noqa: T201 -- a command speaks to its user
            "usage: HEADRACE_POSTGRES_URL=postgresql://... python -m headrace_store migrate", file=sys.stderr
        )
        return 2
    applied = asyncio.run(migrate(url))
    print("\n".join(f"applied {name}" for name in applied) or "up to date")  # noqa: T201 -- as above
    return 0


if __name__ == "__main__":
    sys.exit(main())
