"""The JSON that clients and workers send (seed 003). Fields that we don't know are ignored."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator
from pydantic.alias_generators import to_camel

from headrace_contracts.jobs.priority import Priority, parse_priority

_INT32 = 2**31
_MAX_TIMEOUT_S = 7 * 24 * 3600
_MAX_TAGS = 50

#: What a machine may call itself: it stands in paths and logs.
WorkerId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$")]
Text = Annotated[str, StringConstraints(max_length=255, pattern=r"^[^\x00]*$")]


class Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, alias_generator=to_camel)


class Login(Body):
    email: Annotated[str, StringConstraints(min_length=1, max_length=320)]
    password: Annotated[str, StringConstraints(min_length=1, max_length=1024)]


class Register(Body):
    worker_id: WorkerId
    hostname: Text = ""
    cpu_count: int | None = Field(default=None, ge=1, le=65_536)
    total_memory_mb: int | None = Field(default=None, ge=1, lt=2**40)
    metadata: dict[str, Any] = Field(default_factory=dict)

    @property
    def tags(self) -> list[str]:
        """``metadata.tags``; what is no text there is no tag."""
        found = self.metadata.get("tags")
        texts = found if isinstance(found, list) else []
        return list(dict.fromkeys(tag[:100] for tag in texts if isinstance(tag, str)))[:_MAX_TAGS]


class Heartbeat(Body):
    worker_id: WorkerId | None = None
    status: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z_-]{0,31}$")] = "idle"
    current_job_id: str | None = None
    jobs_completed: int | None = Field(default=None, ge=0, lt=_INT32)


class Submit(Body):
    command: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32_768, pattern=r"^[^\x00]*$")
    ]
    file_url: Annotated[str, StringConstraints(max_length=2048)] | None = None
    working_directory: Annotated[str, StringConstraints(max_length=1024, pattern=r"^[^\x00]*$")] | None = None
    timeout: float | None = Field(default=None, gt=0, le=_MAX_TIMEOUT_S)
    priority: Priority = Priority.NORMAL

    @field_validator("priority", mode="before")
    @classmethod
    def _rank(cls, value: Any) -> Priority:
        found = Priority.NORMAL if value is None else parse_priority(value)
        if found is None:
            raise ValueError("must be low, normal, high or urgent")
        return found


class Cancel(Body):
    job_id: str


class OutputData(Body):
    job_id: str
    data: str
    type: Literal["stdout", "stderr"] = "stdout"
    #: Ours: how far the run is, in percent.
    progress: float | None = Field(default=None, ge=0, le=100)


class Result(Body):
    job_id: str
    exit_code: int = Field(ge=-_INT32, lt=_INT32)
    worker_id: WorkerId | None = None
    stdout: str | None = None
    stderr: str | None = None
