"""A ceiling for what this process may allocate."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STATM = Path("/proc/self/statm")


@contextmanager
def at_most(extra_bytes: int) -> Iterator[None]:
    """While inside, the process may grow by ``extra_bytes`` of address space; beyond it allocations fail.

    DuckDB's own limit does not count what a function like ``repeat`` makes while it runs: one short query can
    take all the memory of the machine. Does nothing where /proc is missing.
    """
    if not _STATM.exists():
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    ceiling = int(_STATM.read_text().split()[0]) * resource.getpagesize() + extra_bytes
    if soft != resource.RLIM_INFINITY:
        ceiling = min(ceiling, soft)
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
