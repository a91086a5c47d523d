"""What the site has: models, templates, destinations, agents and pools."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """What a job may name as its model."""

    id: str
    name: str = ""
    description: str = ""
    requires_file: bool = False
    allowed_file_types: list[str] = msgspec.field(default_factory=list)
    #: The field of the payload that a text as ``input`` stands for.
    input_field: str | None = None
    timeout_seconds: float | None = None
    #: JSON Schema 2020-12.
    payload_schema: dict[str, Any] = msgspec.field(default_factory=dict)


class ModelList(msgspec.Struct, frozen=True, kw_only=True):
    models: list[Model]


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """Options that stand in for what a payload leaves out."""

    template_id: str
    name: str
    model: str | None = None
    options: dict[str, Any] = msgspec.field(default_factory=dict)
    #: Fields of a retry policy.
    retry: dict[str, Any] | None = None
    queue_timeout_s: float | None = None
    created_at: datetime | None = None


class TemplateList(msgspec.Struct, frozen=True, kw_only=True):
    templates: list[Template]


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """Where results are published to; its secret is never shown."""

    destination_id: str
    name: str
    platform: str
    config: dict[str, Any] = msgspec.field(default_factory=dict)
    has_secret: bool = False
    created_at: datetime | None = None


class DestinationList(msgspec.Struct, frozen=True, kw_only=True):
    destinations: list[Destination]


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """An agent that was heard of lately."""

    name: str
    platform: str = "any"
    transport: str = ""
    version: str = ""
    pools: list[str] = msgspec.field(default_factory=list)
    models: list[str] = msgspec.field(default_factory=list)
    #: Models that it can't run, each with what is missing.
    missing: dict[str, str] = msgspec.field(default_factory=dict)
    slots: int = 0
    running: int = 0
    #: It takes no more jobs.
    draining: bool = False
    #: Why an operator wants it so; None: no operator does.
    drained_because: str | None = None
    started_at: datetime | None = None
    seen_at: datetime | None = None


class AgentList(msgspec.Struct, frozen=True, kw_only=True):
    agents: list[Agent]


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    """A named queue, and what each of its machines offers."""

    name: str
    description: str = ""
    platform: str = "any"
    gpu_type: str | None = None
    gpu_count: int = 0
    vram_gb: int = 0
    #: USD, of one machine.
    price_per_hour: float | None = None
    models: list[str] = msgspec.field(default_factory=list)
    created_at: datetime | None = None
    paused: bool = False


class PausedPool(msgspec.Struct, frozen=True, kw_only=True):
    """A pool whose jobs do not start for now. It may be a model's own one."""

    pool: str
    reason: str = ""
    paused_at: datetime | None = None


class PoolList(msgspec.Struct, frozen=True, kw_only=True):
    pools: list[Pool]
    paused: list[PausedPool] = msgspec.field(default_factory=list)


class PoolSwitch(msgspec.Struct, frozen=True, kw_only=True):
    """Whether jobs of a pool start."""

    pool: str
    paused: bool
    reason: str | None = None
    paused_at: datetime | None = None


class AgentSwitch(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the agents of a name take jobs."""

    agent: str
    drained: bool
    reason: str | None = None
    drained_at: datetime | None = None
