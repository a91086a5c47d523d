"""A stack whose agent does what a prompt says, for the commands about jobs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.live_stack import LiveStack, live_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    env = {"HEADRACE_AGENT_HANDLERS": "tests.support.client_handlers"}
    with live_stack(tmp_path_factory.mktemp("commands"), "--slots", "2", env=env) as started:
        yield started
