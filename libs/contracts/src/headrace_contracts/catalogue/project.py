"""The kind of job that is a whole project in an archive (seed 000, «Submit a Job»)."""

from __future__ import annotations

from pydantic import Field

from headrace_contracts.catalogue.model import Model, Payload

ZIP = "application/zip"
TAR = "application/x-tar"
GZIP = "application/gzip"

DEFAULT_OUTPUT_DIRECTORY = "./output"
DEFAULT_TIMEOUT_HOURS = 8


class Project(Payload):
    """Payload of ``project``."""

    output_directory: str = Field(
        default=DEFAULT_OUTPUT_DIRECTORY,
        min_length=1,
        max_length=1024,
        description="Where in the container the project writes what is to be kept",
    )


MODEL = Model(
    id="project",
    name="Project",
    description="Run a project from an archive on a worker of its platform and bring back its output folder",
    requires_file=True,
    allowed_file_types=(ZIP, TAR, GZIP),
    payload=Project,
    archive=True,
    timeout_s=DEFAULT_TIMEOUT_HOURS * 3600,
    general=False,
    export_result=False,
)
