"""Who runs jobs here, and in which pools."""

from __future__ import annotations

from typing import Any

from headrace_api.core.core import Core
from headrace_api.core.errors import NotFoundError
from headrace_api.core.fleet import Agent as Online
from headrace_api.core.pools import Pool as Kept
from headrace_api.dialects.native.route import Call, Reply, Route
from headrace_api.dialects.native.schemas.things import Agent, AgentList, PausedPool, Pool, PoolBody, PoolList
from headrace_contracts.jobs.lane import POOL_NAME
from headrace_contracts.scopes import JOBS_READ, OPERATOR

AGENTS = "Agents"
POOLS = "Pools"


class FleetRoutes:
    def __init__(self, core: Core) -> None:
        self._core = core

    async def agents(self, call: Call[Any, Any]) -> AgentList:
        online = await self._core.fleet.online(call.who.account_id)
        return AgentList(agents=[_agent(each) for each in online])

    async def pools(self, call: Call[Any, Any]) -> PoolList:
        paused = await self._core.pauses.listed(call.who.account_id)
        names = {each.pool for each in paused}
        return PoolList(
            pools=[_pool(each, paused=each.name in names) for each in await self._core.pools.listed()],
            paused=[
                PausedPool.model_construct(pool=each.pool, reason=each.reason, paused_at=each.paused_at)
                for each in paused
            ],
        )

    async def put(self, call: Call[PoolBody, Any]) -> Reply:
        body, name = call.body, call.path("name")
        fresh = await self._core.pools.put(
            Kept(
                name=name,
                description=body.description,
                platform=body.platform,
                gpu_type=body.gpu_type,
                gpu_count=body.gpu_count,
                vram_gb=body.vram_gb,
                price_per_hour=body.price_per_hour,
                models=body.models,
            )
        )
        kept = next((each for each in await self._core.pools.listed() if each.name == name), None)
        if kept is None:  # somebody deleted it at the same moment
            raise NotFoundError("pool")
        paused = any(each.pool == name for each in await self._core.pauses.listed(call.who.account_id))
        return Reply(answer=_pool(kept, paused=paused), status=201 if fresh else 200)

    async def delete(self, call: Call[Any, Any]) -> None:
        if not POOL_NAME.fullmatch(call.path("name")):
            raise NotFoundError("pool")
        await self._core.pools.delete(call.path("name"))


def _agent(online: Online) -> Agent:
    return Agent.model_construct(
        name=online.name,
        platform=online.platform,
        transport=online.transport,
        version=online.version,
        pools=list(online.pools),
        models=list(online.models),
        missing=online.missing,
        slots=online.slots,
        running=online.running,
        draining=online.draining,
        drained_because=online.drained,
        started_at=online.started_at,
        seen_at=online.seen_at,
    )


def _pool(kept: Kept, *, paused: bool) -> Pool:
    return Pool.model_construct(
        name=kept.name,
        description=kept.description,
        platform=kept.platform,
        gpu_type=kept.gpu_type,
        gpu_count=kept.gpu_count,
        vram_gb=kept.vram_gb,
        price_per_hour=kept.price_per_hour,
        models=list(kept.models),
        created_at=kept.created_at,
        paused=paused,
    )


def routes(core: Core) -> list[Route]:
    fleet = FleetRoutes(core)
    return [
        Route(method="GET", path="/v1/agents", handle=fleet.agents, summary="Agents that are online",
              tag=AGENTS, scope=JOBS_READ, answer=AgentList),
        Route(method="GET", path="/v1/pools", handle=fleet.pools, summary="List pools", tag=POOLS,
              scope=JOBS_READ, answer=PoolList,
              description="Beside these every model has a pool of its own, named as the model: jobs without "
              "requirements wait there."),
        Route(method="PUT", path="/v1/pools/{name}", handle=fleet.put, summary="Make or change a pool",
              tag=POOLS, scope=OPERATOR, body=PoolBody, answer=Pool, also={201: "It is new"}),
        Route(method="DELETE", path="/v1/pools/{name}", handle=fleet.delete, summary="Delete a pool",
              tag=POOLS, scope=OPERATOR, status=204,
              refuses={404: "Pool not found", 409: "Jobs wait or run in it"}),
    ]  # fmt: skip
