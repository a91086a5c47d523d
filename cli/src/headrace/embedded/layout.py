"""Where everything lies in a state folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class StateDir:
    """The paths of one embedded stack; `root` is absolute."""

    root: Path

    @classmethod
    def at(cls, path: Path) -> StateDir:
        return cls(root=path.expanduser().absolute())

    def make(self) -> None:
        """Make the folder and that of the logs, if they are not there. Raises OSError.

        They are nobody else's to read; a folder that was there already keeps its mode.
        """
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.logs.mkdir(exist_ok=True, mode=0o700)

    @property
    def lock(self) -> Path:
        """Held (flock) by the one supervisor of this folder."""
        return self.root / "supervisor.lock"

    @property
    def stack_json(self) -> Path:
        return self.root / "stack.json"

    @property
    def secrets_json(self) -> Path:
        return self.root / "secrets.json"

    @property
    def dev_json(self) -> Path:
        """The addresses and credentials for people and tests; there only while everything answers."""
        return self.root / "dev.json"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def data(self, name: str) -> Path:
        """The folder of one server or agent."""
        return self.root / name
