"""Settings that give a process a DNS of the test's own (``hosts_hook/sitecustomize.py``)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path


def with_hosts(hosts: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """``hosts``: the addresses of each name; other names are asked for as ever."""
    folder = Path(__file__).with_name("hosts_hook")
    return {
        "HEADRACE_TEST_HOSTS": json.dumps(hosts),
        "PYTHONPATH": os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]),
    }
