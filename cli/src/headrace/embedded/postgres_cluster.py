"""The data folder of the embedded Postgres: made in one step, and freed of what a crash left in it."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
import tempfile
from pathlib import Path

import psutil

from headrace.embedded.exits import wait_for_exit
from headrace.embedded.files import write_atomically
from headrace.embedded.privileges import RunAs
from headrace.embedded.program import Command, ProgramFailedError
from headrace.embedded.spawn import spawn

_INIT_S = 120.0
_ORPHAN_STOP_S = 10.0
_POLL_S = 0.05


async def initialise(
    data: Path, *, binaries: Path, run_as: RunAs | None, user: str, password: str, database: str
) -> None:
    """Make the cluster with its superuser and its database; `data` appears only when it is whole.

    Raises ProgramFailedError with the output of the tool that failed.
    """
    scratch = data.with_name(f"data.{secrets.token_hex(4)}.new")
    for left_over in data.parent.glob("data.*.new"):
        shutil.rmtree(left_over)
    password_file = data.with_name(".password")
    write_atomically(password_file, password + "\n", mode=0o600)
    if run_as is not None:
        os.chown(password_file, run_as.uid, run_as.gid)
    initdb = (
        str(binaries / "initdb"),
        *("-D", str(scratch), "-U", user, "--pwfile", str(password_file), "--auth", "scram-sha-256"),
        # The provider inside Postgres: the same order and case on every machine, whatever its C library.
        *(
            "--encoding",
            "UTF8",
            "--locale-provider",
            "builtin",
            "--builtin-locale",
            "C.UTF-8",
            "--locale",
            "C",
        ),
    )
    single = (str(binaries / "postgres"), "--single", "-D", str(scratch), "template1")
    try:
        await _run(initdb, cwd=data.parent, run_as=run_as)
        await _run(single, cwd=data.parent, run_as=run_as, stdin=f'CREATE DATABASE "{database}"\n')
        scratch.rename(data)
    finally:
        password_file.unlink(missing_ok=True)
        shutil.rmtree(scratch, ignore_errors=True)


async def clear_stale_lock(data: Path) -> None:
    """Stop a server that still runs on this folder, and remove a lock file whose server is gone.

    Postgres removes a stale lock itself unless its pid was given to another process of the same user, which
    happens after a reboot and in containers. Call it only under the lock of the state folder.
    """
    lock = data / "postmaster.pid"
    try:
        pid = int(lock.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return
    orphan = _server_on(data, pid)
    if orphan is not None:
        orphan.send_signal(signal.SIGINT)
        try:
            await asyncio.to_thread(orphan.wait, _ORPHAN_STOP_S)
        except psutil.TimeoutExpired:
            orphan.kill()
            await asyncio.to_thread(orphan.wait, _ORPHAN_STOP_S)
    await _wait_for_backends(data)
    lock.unlink(missing_ok=True)


def _server_on(data: Path, pid: int) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        return process if process.name() == "postgres" and Path(process.cwd()) == data.resolve() else None
    except psutil.Error:
        return None


async def _wait_for_backends(data: Path) -> None:
    """Children of a killed server end by themselves; until then the shared memory is in use."""
    deadline = asyncio.get_running_loop().time() + _ORPHAN_STOP_S
    while asyncio.get_running_loop().time() < deadline:
        if not any(_server_on(data, process.pid) for process in psutil.process_iter(["name"])):
            return
        await asyncio.sleep(_POLL_S)


async def _run(argv: tuple[str, ...], *, cwd: Path, run_as: RunAs | None, stdin: str = "") -> None:
    command = Command(argv=argv, env={"PATH": os.defpath, "LC_ALL": "C"}, cwd=cwd, run_as=run_as)
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as source:
        source.write(stdin.encode())
        source.seek(0)
        process = spawn(command, output, stdin=source)
        try:
            in_time = await wait_for_exit(process, timeout_s=_INIT_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        output.seek(0)
        text = output.read().decode(errors="replace").strip()
    # The single-user server ends with status 0 after an error, too.
    if not in_time or process.returncode != 0 or "ERROR:" in text or "FATAL:" in text:
        raise ProgramFailedError(f"{Path(argv[0]).name} failed (status {process.returncode}):\n{text}")
