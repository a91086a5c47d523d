"""``python -m headrace_store migrate``: bring the record at HEADRACE_POSTGRES_URL up to date.

``provision`` makes sure of the account that HEADRACE_PROVISION describes; ``restored`` makes a record that was set back
to an earlier moment ready for use (docs/backup.md). Several commands run one after the other.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from headrace_store.copies import settle_in
from headrace_store.migrate import MigrationError, migrate
from headrace_store.provision import FirstAccount, provision
from headrace_store.sealed import SiteKey

USAGE = (
    "usage: HEADRACE_POSTGRES_URL=postgresql://... python -m headrace_store {migrate|provision|restored} ..."
)


async def _migrate(url: str) -> str:
    try:
        applied = await migrate(url)
    except MigrationError as error:
        raise SystemExit(str(error)) from error
    return "\n".join(f"applied {name}" for name in applied) or "up to date"


async def _provision(url: str) -> str:
    text = os.environ.get("HEADRACE_PROVISION", "")
    try:
        first = msgspec.json.decode(text, type=FirstAccount)
        site_key = SiteKey(os.environ.get("HEADRACE_SECRET_KEY", ""))
    except msgspec.DecodeError as error:
        raise SystemExit(f"HEADRACE_PROVISION: {error}") from error
    except ValueError as error:
        raise SystemExit(str(error)) from error
    await provision(url, first, site_key)
    return f"account {first.id} is there"


COMMANDS: Mapping[str, Callable[[str], Awaitable[str]]] = {
    "migrate": _migrate,
    "provision": _provision,
    "restored": settle_in,
}


def main() -> int:
    """Run the commands; returns the exit status."""
    url, names = os.environ.get("HEADRACE_POSTGRES_URL", ""), sys.argv[1:]
    if not names or not url or not set(names) <= set(COMMANDS):
        print(USAGE, file=sys.stderr)  # noqa: T201 -- a command speaks to its user
        return 2
    asyncio.run(_run(names, url))
    return 0


async def _run(names: list[str], url: str) -> None:
    for name in names:
        print(await COMMANDS[name](url))  # noqa: T201 -- as above


if __name__ == "__main__":
    sys.exit(main())
