"""The forms of `headrace status`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from headrace.cli.status import duration, report
from headrace.embedded.identity import ProcessIdentity
from headrace.embedded.layout import StateDir
from headrace.embedded.state_file import Health, Phase, ProcessState, StackState

WHERE = StateDir(root=Path("/somewhere/state"))
STATE = StackState(
    phase=Phase.READY,
    supervisor=ProcessIdentity(pid=10, started_at_s=1000.5),
    started_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    api_url="http://127.0.0.1:8080",
    ports={"api": 8080},
    processes={
        "api": ProcessState(
            identity=ProcessIdentity(pid=11, started_at_s=1001.5),
            port=4004,
            up_since=datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC),
            restarts=2,
            health=Health.NOT_READY,
            reason="no answer",
        ),
        "nats": ProcessState(health=Health.RESTARTING, reason="was ended by SIGKILL"),
    },
)


def test_the_json_form_names_each_process() -> None:
    shown = msgspec.json.decode(msgspec.json.encode(report(WHERE, STATE)))
    assert shown["running"] is True
    assert shown["started_at"] == "2026-01-02T03:04:05Z"
    assert shown["supervisor_pid"] == 10
    assert shown["processes"]["api"] == {
        "pid": 11,
        "port": 4004,
        "up_since": "2026-01-02T03:04:06Z",
        "restarts": 2,
        "health": "not ready",
        "reason": "no answer",
    }
    assert shown["processes"]["nats"]["pid"] is None


def test_the_json_form_of_nothing() -> None:
    assert report(WHERE, None) == {"running": False, "state_dir": "/somewhere/state", "processes": {}}


def test_the_state_reads_back_as_written() -> None:
    assert msgspec.json.decode(msgspec.json.encode(STATE), type=StackState) == STATE


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0s"), (42.9, "42s"), (187, "3m07s"), (18_720, "5h12m"), (187_200, "2d04h")],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text
