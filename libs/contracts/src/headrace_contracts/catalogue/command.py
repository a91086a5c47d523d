"""The kind of job that is a command line on a machine of the client's own (seed 003, «Submit»)."""

from __future__ import annotations

from pydantic import Field

from headrace_contracts.catalogue.model import Model, Payload


class Command(Payload):
    """Payload of ``command``."""

    command: str = Field(min_length=1, max_length=32_768, description="What the worker's shell runs")
    working_directory: str | None = Field(
        default=None, max_length=1024, description="Where it runs, below the folder of the unpacked file"
    )


MODEL = Model(
    id="command",
    name="Command",
    description="Run a command line on a worker of the account, with an optional file",
    requires_file=False,
    payload=Command,
    timeout_s=3600,
    general=False,
    any_file=True,
    input_field="command",
    private=True,
    export_result=False,
)
