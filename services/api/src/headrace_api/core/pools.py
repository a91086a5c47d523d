"""An operator's named queues: what their machines offer, and which of them a job's requirements lead to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from headrace_api.core.errors import ConflictError, NotFoundError, Problem, ValidationError
from headrace_contracts.catalogue.model import Model
from headrace_contracts.catalogue.registry import get
from headrace_contracts.jobs.lane import ANY_PLATFORM, POOL_NAME, is_private, private_pool


@dataclass(frozen=True, kw_only=True, slots=True)
class Pool:
    """A named queue. Its figures are those of each of its machines."""

    name: str
    description: str = ""
    #: ``linux-amd64``, ``linux-arm64`` or ``any``.
    platform: str = ANY_PLATFORM
    gpu_type: str | None = None
    gpu_count: int = 0
    #: Of one GPU.
    vram_gb: int = 0
    #: Of one machine, in USD; None = not known.
    price_per_hour: float | None = None
    #: Empty: every model.
    models: Sequence[str] = ()
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def offer(self) -> str:
        """For people: ``big (2 x a100, 80 GB)``."""
        if self.gpu_count == 0:
            return f"{self.name} (no GPU)"
        return f"{self.name} ({self.gpu_count} x {self.gpu_type or 'GPU'}, {self.vram_gb} GB)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Requirements:
    """What a job needs of a machine; None and 0 = does not matter."""

    gpu_type: str | None = None
    gpu_count: int = 0
    #: Of one GPU.
    min_vram_gb: int = 0

    @property
    def none(self) -> bool:
        return self.gpu_type is None and self.gpu_count == 0 and self.min_vram_gb == 0


def satisfies(pool: Pool, need: Requirements, *, model: str, platform: str) -> bool:
    """Whether each machine of ``pool`` can run such a job."""
    return (
        (not pool.models or model in pool.models)
        and (ANY_PLATFORM in {pool.platform, platform} or pool.platform == platform)
        and (need.gpu_type is None or need.gpu_type.lower() == (pool.gpu_type or "").lower())
        and pool.gpu_count >= need.gpu_count
        and pool.vram_gb >= need.min_vram_gb
    )


def smallest(pools: Iterable[Pool], need: Requirements, *, model: str, platform: str) -> Pool | None:
    """The pool with the least that is enough: memory first, then GPUs, then the price, then the name."""
    fit = [pool for pool in pools if satisfies(pool, need, model=model, platform=platform)]
    return min(fit, key=_size, default=None)


def _size(pool: Pool) -> tuple[int, int, float, str]:
    price = float("inf") if pool.price_per_hour is None else pool.price_per_hour
    return pool.vram_gb * max(1, pool.gpu_count), pool.gpu_count, price, pool.name


def own_pool(model: Model, account_id: UUID) -> str:
    """Where jobs of ``model`` without requirements wait."""
    return private_pool(account_id) if model.private else model.id


class PoolRecord(Protocol):
    """The pools' rows. Raises UnavailableError while the record is away."""

    async def listed(self) -> list[Pool]: ...

    async def put(self, pool: Pool) -> bool:
        """True when it is a new one."""

    async def delete(self, name: str) -> bool: ...

    async def used(self, name: str) -> bool:
        """Whether a job that has not ended is in it."""


class Pools:
    def __init__(self, record: PoolRecord) -> None:
        self._record = record

    async def listed(self) -> list[Pool]:
        """By name."""
        return await self._record.listed()

    async def resolve(self, need: Requirements, *, model: Model, platform: str, account_id: UUID) -> str:
        """The name of the pool for such a job. Raises ValidationError that says which pools there are."""
        if need.none:
            return own_pool(model, account_id)
        if model.private:
            message = f"jobs of '{model.id}' run on machines of your own; leave it out"
            raise ValidationError([Problem("requirements", message)])
        pools = await self.listed()
        pool = smallest(pools, need, model=model.id, platform=platform)
        if pool is None:
            there = "; ".join(each.offer for each in pools) or "none"
            message = f"no pool offers this for '{model.id}'; the pools are: {there}"
            raise ValidationError([Problem("requirements", message)])
        return pool.name

    async def put(self, pool: Pool) -> bool:
        """Make or change a pool; True when it is new. Raises ValidationError for a name that can't be one."""
        problems = []
        if not POOL_NAME.fullmatch(pool.name):
            problems.append(Problem("name", "must be lower case letters, digits and -, 63 at most"))
        elif is_private(pool.name) or get(pool.name) is not None:
            problems.append(Problem("name", "is the queue of a model already; take another one"))
        problems += [
            Problem("models", f"there is no model '{model}'") for model in pool.models if get(model) is None
        ]
        if problems:
            raise ValidationError(problems)
        return await self._record.put(pool)

    async def delete(self, name: str) -> None:
        """Raises NotFoundError, ConflictError while jobs wait or run in it."""
        if await self._record.used(name):
            raise ConflictError(f"Jobs wait or run in the pool '{name}'; cancel them or let them end first")
        if not await self._record.delete(name):
            raise NotFoundError("pool")
