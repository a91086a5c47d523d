"""Fixtures of the command-line tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.embedded_stack import EmbeddedStack


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[EmbeddedStack]:
    """A stack that was never started."""
    made = EmbeddedStack.make(tmp_path)
    yield made
    made.close()
    assert made.processes() == []
