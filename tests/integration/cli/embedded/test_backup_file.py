"""A backup that was cut off, changed or made by a newer version is refused, and nothing is changed by it."""

from __future__ import annotations

import io
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from headrace.embedded.copies.manifest import (
    MANIFEST,
    RECORD,
    SECRETS,
    DamagedBackupError,
    Manifest,
    NewerBackupError,
)
from headrace.embedded.copies.reader import unpack
from headrace.embedded.copies.restore import NotEmptyError, restore
from headrace.embedded.copies.writer import BackupWriter
from headrace.embedded.layout import StateDir
from headrace.embedded.lock import SupervisorLock
from headrace.embedded.program import ProgramFailedError
from headrace_store.copies import Applied
from headrace_store.migration import migrations

BLOB = "s3/headrace/results/a/кот.txt"
SCHEMA = [Applied(number=m.number, name=m.name, digest=m.digest) for m in migrations()]


def made(path: Path, **changes: object) -> Path:
    """A backup with one blob; ``changes`` are fields of its manifest."""
    with BackupWriter(path) as writer:
        writer.add(RECORD, b"the record" * 100)
        writer.add(SECRETS, b"{}")
        writer.add(BLOB, b"miau" * 1000)
        writer.add("s3/headrace/files/b/empty", b"")
        fields: dict[str, object] = {
            "format": 1,
            "headrace": "0.1.0",
            "made_at": datetime.now(UTC),
            "schema": SCHEMA,
            "jobs": {},
            "missing": [],
            "entries": dict(writer.entries),
        }
        writer.finish(Manifest(**{**fields, **changes}))  # type: ignore[arg-type] # fields by name
    return path


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return made(tmp_path / "a.backup")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (folder := tmp_path / "unpacked").mkdir()
    return folder


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[600] ^= 1
    path.write_bytes(data)


def test_what_was_written_is_read(backup: Path, folder: Path) -> None:
    manifest = unpack(backup, folder)
    assert (manifest.blobs, manifest.size) == (2, 1000 + 2 + 4000)
    assert (folder / BLOB).read_bytes() == b"miau" * 1000
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o600}
    assert backup.stat().st_mode & 0o777 == 0o600
    assert list(backup.parent.glob(".*")) == []


def test_one_that_was_not_finished_leaves_nothing_behind(tmp_path: Path) -> None:
    with BackupWriter(tmp_path / "a.backup") as writer:
        writer.add(RECORD, b"x")
    assert list(tmp_path.iterdir()) == []


def test_another_file_is_not_replaced(backup: Path) -> None:
    with pytest.raises(FileExistsError):
        BackupWriter(backup)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.97])
def test_one_that_was_cut_off_is_refused(backup: Path, folder: Path, share: float) -> None:
    data = backup.read_bytes()
    end = data.rindex(b'"entries"')
    backup.write_bytes(data[: int(end * share)])
    with pytest.raises(DamagedBackupError):
        unpack(backup, folder)


@pytest.mark.parametrize("what", [b"the record", b"miau", b'"sha256":"'])
def test_one_whose_bytes_were_changed_is_refused(backup: Path, folder: Path, what: bytes) -> None:
    data = bytearray(backup.read_bytes())
    at = data.index(what) + len(what)
    data[at : at + 1] = bytes([data[at] ^ 1])
    backup.write_bytes(data)
    with pytest.raises(DamagedBackupError):
        unpack(backup, folder)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("s3/headrace/../../../evil", tarfile.REGTYPE),
        ("/tmp/evil", tarfile.REGTYPE),
        ("supervisor.lock", tarfile.REGTYPE),
        ("s3/headrace//evil", tarfile.REGTYPE),
        ("s3/headrace/link", tarfile.SYMTYPE),
        ("s3/headrace/device", tarfile.CHRTYPE),
        ("s3/headrace/results/added", tarfile.REGTYPE),
    ],
)
def test_an_entry_that_was_added_is_refused_and_leads_nowhere(
    backup: Path, folder: Path, name: str, kind: bytes
) -> None:
    other = backup.with_name("b.backup")
    with tarfile.open(backup) as source, tarfile.open(other, "w") as target:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, "/etc/passwd"
        entry.size = 4 if kind == tarfile.REGTYPE else 0
        target.addfile(entry, io.BytesIO(b"evil"))
        for member in source:
            target.addfile(member, source.extractfile(member))
    before = {path for path in backup.parent.rglob("*") if folder not in path.parents}
    with pytest.raises(DamagedBackupError):
        unpack(other, folder)
    assert {path for path in backup.parent.rglob("*") if folder not in path.parents} == before


def test_a_second_end_is_refused(backup: Path, folder: Path) -> None:
    with tarfile.open(backup, "a") as tar:
        entry = tar.getmember(MANIFEST)
        tar.addfile(entry, io.BytesIO(bytes(entry.size)))
    with pytest.raises(DamagedBackupError, match="behind its end"):
        unpack(backup, folder)


def test_one_of_a_newer_format_is_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(NewerBackupError, match="format 2"):
        unpack(made(tmp_path / "n.backup", format=2), folder)


async def test_a_newer_or_other_schema_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    newer = Applied(number=9999, name="9999_pre_later.sql", digest="x")
    other = Applied(number=2, name=SCHEMA[1].name, digest="x")
    for number, (schema, said) in enumerate(
        [([*SCHEMA, newer], "does not know: install"), ([SCHEMA[0], other], "another migration 0002")]
    ):
        path = made(tmp_path / f"{number}.backup", schema=schema)
        with pytest.raises(ProgramFailedError, match=rf"is too new: .*{said}.* Nothing was changed"):
            await restore(path, StateDir.at(tmp_path / "new"), force=False)
        assert not (tmp_path / "new").exists()
    assert left_in(tmp_path) == {"0.backup", "1.backup"}


async def test_a_folder_that_holds_something_or_a_stack_is_left_alone(backup: Path, tmp_path: Path) -> None:
    where = StateDir.at(tmp_path / "state")
    where.root.mkdir()
    (where.root / "something").touch()
    with pytest.raises(NotEmptyError, match="--force"):
        await restore(backup, where, force=False)
    with SupervisorLock.acquire(where.lock), pytest.raises(ProgramFailedError, match="headrace down"):
        await restore(backup, where, force=True)
    damage(backup)
    with pytest.raises(ProgramFailedError, match=r"is damaged: .*Nothing was changed"):
        await restore(backup, where, force=True)
    assert (where.root / "something").exists()
    with pytest.raises(ProgramFailedError, match="there is no file"):
        await restore(tmp_path / "none", where, force=True)


def test_the_manifest_is_the_last_entry(backup: Path) -> None:
    with tarfile.open(backup) as tar:
        assert tar.getnames()[-1] == MANIFEST
