"""Who this agent is."""

from __future__ import annotations

import platform as machine
import socket
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

from headrace_agent.runs.job import now
from headrace_contracts.ids import new_id
from headrace_contracts.jobs.lane import LINUX_AMD64, LINUX_ARM64


def detect_platform() -> str:
    """The platform of this machine."""
    return LINUX_ARM64 if machine.machine().lower() in {"aarch64", "arm64"} else LINUX_AMD64


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """The name is for people and stays; the instance is this run of the process."""

    agent: str
    instance: str
    platform: str
    hostname: str
    version: str
    started_at: datetime


def new_identity(agent: str | None, platform: str | None) -> Identity:
    """A new instance. Without a name the host's name is the agent's."""
    hostname = socket.gethostname()
    return Identity(
        agent=agent or hostname,
        instance=str(new_id()),
        platform=platform or detect_platform(),
        hostname=hostname,
        version=version("headrace-agent"),
        started_at=now(),
    )
