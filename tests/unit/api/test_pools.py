"""Which pool a job's requirements lead to."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest

from headrace_api.core.errors import ConflictError, NotFoundError, ValidationError
from headrace_api.core.pools import Pool, Pools, Requirements, own_pool, satisfies, smallest
from headrace_contracts.catalogue.registry import CATALOGUE
from headrace_contracts.jobs.lane import private_pool

ACCOUNT = UUID(int=3)
SMALL = Pool(name="small", gpu_type="v100", gpu_count=1, vram_gb=16, price_per_hour=2)
PAIR = Pool(name="pair", gpu_type="v100", gpu_count=2, vram_gb=16, price_per_hour=4)
BIG = Pool(name="big", gpu_type="a100", gpu_count=1, vram_gb=80, price_per_hour=8)
CPU = Pool(name="cpu", platform="linux-arm64", price_per_hour=0.1)
ALL = [BIG, PAIR, SMALL, CPU]


def chosen(need: Requirements, pools: Sequence[Pool] = ALL, *, platform: str = "any") -> str | None:
    pool = smallest(pools, need, model="text-generation", platform=platform)
    return None if pool is None else pool.name


@pytest.mark.parametrize(
    ("need", "name"),
    [
        (Requirements(gpu_type="v100", gpu_count=1, min_vram_gb=16), "small"),
        (Requirements(gpu_type="V100", gpu_count=2), "pair"),
        (Requirements(min_vram_gb=17), "big"),
        (Requirements(gpu_count=1), "small"),
        (Requirements(gpu_type="h100"), None),
        (Requirements(gpu_count=3), None),
        (Requirements(min_vram_gb=81), None),
    ],
)
def test_the_smallest_that_is_enough_is_taken(need: Requirements, name: str | None) -> None:
    assert chosen(need) == name


def test_of_two_alike_the_cheaper_one_is_taken_and_one_without_a_price_last() -> None:
    cheap = Pool(name="z", gpu_count=1, vram_gb=16, price_per_hour=1)
    unknown = Pool(name="a", gpu_count=1, vram_gb=16)
    assert chosen(Requirements(gpu_count=1), [unknown, SMALL, cheap]) == "z"
    assert chosen(Requirements(gpu_count=1), [unknown, SMALL]) == "small"


def test_models_and_platforms_of_a_pool_bind() -> None:
    need = Requirements(gpu_count=1)
    only = Pool(name="only", gpu_count=1, models=["image-generation"])
    assert not satisfies(only, need, model="text-generation", platform="any")
    assert satisfies(only, need, model="image-generation", platform="linux-amd64")
    assert chosen(Requirements(), [CPU], platform="linux-amd64") is None
    assert chosen(Requirements(), [CPU], platform="linux-arm64") == "cpu"


def test_commands_stay_with_their_account() -> None:
    assert own_pool(CATALOGUE["command"], ACCOUNT) == private_pool(ACCOUNT)
    assert own_pool(CATALOGUE["text-generation"], ACCOUNT) == "text-generation"


class Rows:
    """Pools in memory."""

    def __init__(self, pools: Sequence[Pool], used: set[str] | None = None) -> None:
        self.pools = {pool.name: pool for pool in pools}
        self._used = used or set()

    async def listed(self) -> list[Pool]:
        return sorted(self.pools.values(), key=lambda pool: pool.name)

    async def put(self, pool: Pool) -> bool:
        fresh = pool.name not in self.pools
        self.pools[pool.name] = pool
        return fresh

    async def delete(self, name: str) -> bool:
        return self.pools.pop(name, None) is not None

    async def used(self, name: str) -> bool:
        return name in self._used


async def test_a_job_that_no_pool_fits_hears_which_pools_there_are() -> None:
    model = CATALOGUE["text-generation"]
    with pytest.raises(ValidationError) as caught:
        await Pools(Rows(ALL)).resolve(
            Requirements(gpu_type="h100"), model=model, platform="any", account_id=ACCOUNT
        )
    (problem,) = caught.value.problems
    assert problem.field == "requirements"
    for words in ("big (1 x a100, 80 GB)", "cpu (no GPU)", "pair (2 x v100, 16 GB)"):
        assert words in problem.message


async def test_a_job_without_requirements_waits_in_its_models_own_pool() -> None:
    found = await Pools(Rows(ALL)).resolve(
        Requirements(), model=CATALOGUE["text-generation"], platform="any", account_id=ACCOUNT
    )
    assert found == "text-generation"


async def test_a_command_has_no_requirements() -> None:
    with pytest.raises(ValidationError, match="machines of your own"):
        await Pools(Rows(ALL)).resolve(
            Requirements(gpu_count=1), model=CATALOGUE["command"], platform="any", account_id=ACCOUNT
        )


@pytest.mark.parametrize("name", ["text-generation", "noop", "command-" + "0" * 32, "Big", "a b", "-x", ""])
async def test_names_that_are_taken_or_no_names_are_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="name"):
        await Pools(Rows([])).put(Pool(name=name))


async def test_a_pool_of_unknown_models_is_refused() -> None:
    with pytest.raises(ValidationError, match="gpt2"):
        await Pools(Rows([])).put(Pool(name="new", models=["gpt2"]))


async def test_pools_are_made_once_and_deleted_when_empty() -> None:
    pools = Pools(Rows([], used={"busy"}))
    assert await pools.put(Pool(name="busy"))
    assert not await pools.put(Pool(name="busy", gpu_count=1))
    with pytest.raises(ConflictError):
        await pools.delete("busy")
    with pytest.raises(NotFoundError):
        await pools.delete("gone")
