"""What a key of a program may do. A key without a scope is refused where the scope is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

JOBS_READ = "jobs:read"
JOBS_WRITE = "jobs:write"
FILES = "files"
WEBHOOKS = "webhooks"
ADMIN = "admin"
OPERATOR = "operator"

#: Every scope, with what it allows.
SCOPES: Mapping[str, str] = MappingProxyType(
    {
        JOBS_READ: "see jobs, their results, templates, models, pools, agents and usage",
        JOBS_WRITE: "submit, cancel, retry, schedule and approve jobs; make and delete templates",
        FILES: "send files ahead, see and delete them",
        WEBHOOKS: "manage the endpoints of webhooks and see their deliveries",
        ADMIN: "make and revoke keys of the account, manage its destinations",
        OPERATOR: "manage what belongs to the site: its pools; the command line gives it, or a key that has it",
    }
)
#: What a key gets when its maker asks for nothing else.
DEFAULT_SCOPES: tuple[str, ...] = (JOBS_READ, JOBS_WRITE, FILES, WEBHOOKS)
