"""State, secrets and logs on the disk."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from headrace.embedded.dev_json import write_dev_json
from headrace.embedded.files import write_atomically
from headrace.embedded.lock import AlreadyRunningError, SupervisorLock, holder_pid, is_locked
from headrace.embedded.log_file import LogFile
from headrace.embedded.program import ProgramFailedError
from headrace.embedded.secrets_file import load_or_create, new_secrets
from headrace.embedded.state_file import read_state

OLD_SECRETS = ("postgres_password", "s3_access_key", "s3_secret_key", "agent_token", "webhook_secret")


def test_a_file_is_replaced_whole_and_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o644)
    write_atomically(path, "new", mode=0o600)
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    made = load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create(path) == made
    assert load_or_create(tmp_path / "other.json").agent_token != made.agent_token


def test_secrets_of_an_older_version_are_kept_and_the_new_ones_added(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    old = {name: f"old {name}" for name in OLD_SECRETS}
    path.write_text(json.dumps(old))
    grown = load_or_create(path)
    assert {name: getattr(grown, name) for name in OLD_SECRETS} == old
    assert grown.native_key.startswith("hr_live_")
    assert len(grown.secret_key) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create(path) == grown


def test_dev_json_has_what_opens_each_dialect(tmp_path: Path) -> None:
    secrets, path = new_secrets(), tmp_path / "dev.json"
    write_dev_json(path, api_url="http://127.0.0.1:8080", nats_url="nats://127.0.0.1:4222", secrets=secrets)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = json.loads(path.read_text())
    assert found == {
        "api_url": "http://127.0.0.1:8080",
        "nats_url": "nats://127.0.0.1:4222",
        "nats_user": "headrace",
        "nats_password": secrets.nats_password,
        "dashboard_url": "http://127.0.0.1:8080/",
        "radiance": {"origin": "http://127.0.0.1:8080/radiance", "agent_token": secrets.agent_token},
        "auralis": {"origin": "http://127.0.0.1:8080/auralis", "user_id": str(secrets.user_ref)},
        "auraflux": {
            "origin": "http://127.0.0.1:8080/auraflux",
            "api_key": secrets.auraflux_key,
            "platforms": ["archive", "mirror"],
        },
        "jobserver": {
            "origin": "http://127.0.0.1:8080/jobserver",
            "email": "admin@localhost",
            "password": secrets.admin_password,
        },
        "native": {"origin": "http://127.0.0.1:8080", "api_key": secrets.native_key},
        "webhook_secret": secrets.webhook_secret,
    }
    assert found["auraflux"]["api_key"].startswith("af_live_")


def test_damaged_secrets_are_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text('{"postgres_password": "x"}')
    with pytest.raises(ProgramFailedError, match=r"is damaged .*restore it"):
        load_or_create(path)
    assert path.read_text() == '{"postgres_password": "x"}'


@pytest.mark.parametrize("text", ["", "{", '{"phase": "asleep"}'])
def test_a_state_that_is_not_ours_is_no_state(tmp_path: Path, text: str) -> None:
    (tmp_path / "stack.json").write_text(text)
    assert read_state(tmp_path / "stack.json") is None
    assert read_state(tmp_path / "absent.json") is None


def test_the_lock_is_held_once(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_locked(path)
    with SupervisorLock.acquire(path):
        assert is_locked(path)
        assert holder_pid(path) == os.getpid()
        with pytest.raises(AlreadyRunningError, match=r"already runs in .* \(pid \d+\)"):
            SupervisorLock.acquire(path)
    assert not is_locked(path)
    assert holder_pid(path) is None


def test_a_big_log_is_turned_over_while_its_writer_goes_on(tmp_path: Path) -> None:
    log = LogFile(path=tmp_path / "logs" / "api.log", max_bytes=100, keep=2)
    with log.open() as writer:
        for generation in (b"a", b"b", b"c"):
            writer.write(generation * 60 + b"\n")
            assert not log.rotate()
            writer.write(generation * 60 + b"\n")
            assert log.rotate()
        writer.write(b"fresh\n")
    assert log.path.read_bytes() == b"fresh\n"
    names = sorted(path.name for path in log.path.parent.iterdir())
    assert names == ["api.log", "api.log.1", "api.log.2"]
    assert (log.path.parent / "api.log.1").read_text().startswith("ccc")
    assert (log.path.parent / "api.log.2").read_text().startswith("bbb")


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = LogFile(path=tmp_path / "api.log")
    assert log.tail() == ""
    log.path.write_text("".join(f"line {number}\n" for number in range(100)))
    assert log.tail(lines=2) == "line 98\nline 99"
