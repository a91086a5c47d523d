"""A backup of a stack that is down, and a restore over another one."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest

from headrace.embedded.copies.backup import back_up
from headrace.embedded.copies.record import alone
from headrace.embedded.copies.restore import restore
from headrace.embedded.layout import StateDir
from headrace.embedded.lock import is_locked
from headrace.embedded.program import ProgramFailedError
from headrace.embedded.secrets_file import load_or_create
from headrace_store.migrate import migrate
from headrace_store.migration import migrations

OLD = 3
KEY = "files/01a2026c-0000-7000-8000-000000000001/a.txt"
FILE = (
    "INSERT INTO files (id, account_id, key, name, mime, size, expires_at) SELECT gen_random_uuid(), id, $1, 'a',"
    " 'text/plain', 3, now() + interval '1 day' FROM accounts"
)


async def filled(where: StateDir, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record of the version before, with two files of which one is in the store."""
    where.root.mkdir()
    async with alone(where, load_or_create(where.secrets_json), None) as server:
        with monkeypatch.context() as patch:
            patch.setattr("headrace_store.migrate.migrations", lambda: migrations()[:OLD])
            await migrate(server.url)
        connection = await asyncpg.connect(server.url)
        try:
            await connection.execute(FILE, KEY)
            await connection.execute(FILE, f"{KEY}.gone")
        finally:
            await connection.close()
    blob = where.data("s3") / "headrace" / KEY
    blob.parent.mkdir(parents=True)
    blob.write_bytes(b"abc")
    blob.with_name(".rclone_temp_multipart_1").write_bytes(b"half")


async def test_a_stack_that_is_down_takes_the_place_of_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = StateDir.at(tmp_path / "old"), StateDir.at(tmp_path / "new")
    await filled(old, monkeypatch)
    manifest = await back_up(old, backup := tmp_path / "a.backup")
    assert not is_locked(old.lock)
    assert manifest.missing == [f"{KEY}.gone"]
    assert [name for name in manifest.entries if name.startswith("s3/")] == [f"s3/headrace/{KEY}"]

    new.root.mkdir()
    (new.root / "mine").write_text("precious")
    _, aside = await restore(backup, new, force=True)
    assert aside is not None
    assert (aside / "mine").read_text() == "precious"
    assert not (new.root / "record.dump").exists()
    assert new.secrets_json.read_bytes() == old.secrets_json.read_bytes()
    assert (new.data("s3") / "headrace" / KEY).read_bytes() == b"abc"
    # The password of the old one opens it, and an older schema goes on to ours.
    async with alone(new, load_or_create(new.secrets_json), None) as server:
        assert len(await migrate(server.url)) == len(migrations()) - OLD
        connection = await asyncpg.connect(server.url)
        try:
            assert await connection.fetchval("SELECT count(*) FROM files") == 2
        finally:
            await connection.close()


async def test_a_folder_without_a_stack_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(ProgramFailedError, match="there is no stack in"):
        await back_up(StateDir.at(tmp_path), tmp_path / "a.backup")
