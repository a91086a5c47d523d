"""What a model of the catalogue is: its name, its file rules and the schema of its payload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict

from headrace_contracts.jobs.retry import DEFAULT_RETRY, RetryPolicy


class Payload(BaseModel):
    """Base of every model's payload: unknown fields are refused, numbers are not guessed from text.

    A subclass gives each field a type, a range (``ge``, ``le``, ``min_length``, ``max_length``, ``Literal``),
    a default where it is optional, and a ``description``: ``/airunner/models`` is made from them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class NoPayload(Payload):
    """A payload without fields."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """One entry of the catalogue (seed 002, «Available Models»)."""

    #: The id that clients send, for example ``image-classification``. Also the name of its default pool.
    id: str
    #: The name people read.
    name: str
    description: str
    #: True when a job without a file is refused with ``FILE_REQUIRED``.
    requires_file: bool
    #: Canonical MIME types of the input, in the order in which they are documented; empty = takes no file.
    allowed_file_types: tuple[str, ...] = ()
    payload: type[Payload] = NoPayload
    #: How long a run may take before it is stopped, in seconds.
    timeout_s: int = 1800
    #: False for kinds of work that have a dialect of their own (a command, a project, a production): radiance neither
    #: lists nor takes them, and a claim that names no models does not get them.
    general: bool = True
    #: True: a file of any type is an input, for who takes it apart itself.
    any_file: bool = False
    #: False for models that exist for operators and measurements only: not listed, refused unless enabled.
    public: bool = True
    #: True: its input is an archive, which is looked into before another machine unpacks it.
    archive: bool = False
    #: The field of the payload that a bare text stands for; None = a bare text says nothing to this model.
    input_field: str | None = None
    #: What else the payload of a bare text has, and that of a bare file, unless the client says otherwise.
    text_defaults: Mapping[str, Any] = field(default_factory=dict, hash=False)
    file_defaults: Mapping[str, Any] = field(default_factory=dict, hash=False)
    #: True: its jobs run on machines of their account only (``jobs.lane.private_pool``).
    private: bool = False
    #: False keeps the JSON result in the record only, without ``results/<id>/result.json`` in S3.
    export_result: bool = True
    #: When a failed attempt is followed by another one, unless the job says otherwise.
    retry: RetryPolicy = DEFAULT_RETRY

    @property
    def takes_file(self) -> bool:
        return self.any_file or bool(self.allowed_file_types)

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema (2020-12) of the payload."""
        return self.payload.model_json_schema()
