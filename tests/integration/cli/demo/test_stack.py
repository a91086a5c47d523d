"""The demo keeps its hands off a stack that is not its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from headrace.demo.stack import DemoStack, StackFailedError
from headrace.embedded.layout import StateDir
from headrace.embedded.lock import SupervisorLock


async def test_a_folder_in_use_is_refused_and_its_stack_left_alone(tmp_path: Path) -> None:
    where = StateDir.at(tmp_path)
    where.dev_json.write_text("{}")
    stack = DemoStack(where, say=print)
    with SupervisorLock.acquire(where.lock):  # it names this process: a stop would end the tests
        with pytest.raises(StackFailedError, match="already runs"):
            await stack.start()
        await stack.stop()
    assert where.dev_json.exists()


async def test_a_stack_that_can_not_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("no JSON")
    said: list[str] = []
    stack = DemoStack(StateDir.at(tmp_path), say=said.append)
    try:
        with pytest.raises(StackFailedError, match=r"secrets\.json is damaged"):
            await stack.start()
    finally:
        await stack.stop()
    assert said == []
