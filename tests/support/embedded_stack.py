"""The real `headrace` command with real servers, and stand-ins for our own services."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import psutil
from tests.support import fake_service

import headrace_store

STAND_INS = ("store", "api", "dispatcher", "webhooks", "publisher", "agent")
MAIN = """
import os, sys
if sys.argv[1:2] != ["migrate"]:
    from fake_service import main
    main(os.environ.get("HEADRACE_AGENT_ID", "{name}"))
"""
# Only the program of a package is replaced: the command itself imports what else the real one has.
INIT = """
from pkgutil import extend_path
__path__ = extend_path(__path__, __name__)
"""


@dataclass(kw_only=True)
class EmbeddedStack:
    """One state folder and the commands on it. `close` ends whatever a failed test left."""

    state_dir: Path
    wishes: Path
    env: dict[str, str] = field(repr=False)
    _started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @classmethod
    def make(cls, root: Path) -> EmbeddedStack:
        """Lay out the stand-ins below `root`; nothing runs yet."""
        modules, wishes = root / "modules", root / "wishes"
        wishes.mkdir()
        for name in STAND_INS:
            package = modules / f"headrace_{name}"
            package.mkdir(parents=True)
            (package / "__init__.py").write_text(INIT)
            (package / "__main__.py").write_text(MAIN.format(name=name))
        # What a package reads beside its code is looked for where its name leads first.
        for text in Path(headrace_store.__file__).parent.glob("*.sql"):
            (modules / "headrace_store" / text.name).symlink_to(text)
        shutil.copy(fake_service.__file__, modules / "fake_service.py")
        env = {**os.environ, "PYTHONPATH": str(modules), "FAKE_DIR": str(wishes), "COLUMNS": "200"}
        return cls(state_dir=root / "state", wishes=wishes, env=env)

    def wish(self, name: str, what: str) -> None:
        """`crash`, `stubborn` or `unready` for the stand-in of that name."""
        (self.wishes / f"{name}.{what}").touch()

    def take_back(self, name: str, what: str) -> None:
        """For the processes that start from now on."""
        (self.wishes / f"{name}.{what}").unlink()

    def run(self, command: str, *args: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run a sub-command to its end."""
        return subprocess.run(
            self._argv(command, args),
            env=self.env,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def begin_up(self, *args: str) -> subprocess.Popen[bytes]:
        """Start `headrace up` in the foreground, output in up.out beside the state folder."""
        with self.output.open("ab") as output:
            process = subprocess.Popen(
                self._argv("up", ("--port", "0", *args)),
                env=self.env,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._started.append(process)
        return process

    def up(self, *args: str) -> subprocess.Popen[bytes]:
        """`begin_up`, and wait until everything answers."""
        process = self.begin_up(*args)
        self.wait(lambda: self.dev_json.exists() or process.poll() is not None, "the stack is ready")
        assert process.poll() is None, self.output.read_text()
        return process

    @property
    def output(self) -> Path:
        return self.state_dir.with_name("up.out")

    @property
    def dev_json(self) -> Path:
        return self.state_dir / "dev.json"

    def status(self) -> dict[str, Any]:
        found = self.run("status", "--json")
        status: dict[str, Any] = msgspec.json.decode(found.stdout)
        return status

    def stack_json(self) -> dict[str, Any]:
        state: dict[str, Any] = msgspec.json.decode((self.state_dir / "stack.json").read_bytes())
        return state

    def pid(self, name: str) -> int | None:
        """The pid of a process as the supervisor last wrote it."""
        identity = self.stack_json()["processes"][name]["identity"]
        return int(identity["pid"]) if identity else None

    def processes(self) -> list[str]:
        """Everything that runs in or on the state folder, whoever started it."""
        found = []
        for process in psutil.process_iter():
            try:
                on_folder = [*process.cmdline(), process.cwd()]
                if process.status() == psutil.STATUS_ZOMBIE:
                    continue
            except psutil.Error:
                continue
            if any(str(self.state_dir) in text for text in on_folder):
                found.append(f"{process.pid} {' '.join(process.cmdline())}")
        return found

    def wait(self, condition: Callable[[], bool], what: str, *, timeout_s: float = 30.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, f"not within {timeout_s:g} s: {what}; {self._said()}"
            time.sleep(0.02)

    def close(self) -> None:
        self.run("down")
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.wait()

    def _said(self) -> str:
        return self.output.read_text() if self.output.exists() else "no output"

    def _argv(self, command: str, args: tuple[str, ...]) -> list[str]:
        # At the end, where the commands of a group take it as well.
        return [sys.executable, "-m", "headrace", command, *args, "--state-dir", str(self.state_dir)]
