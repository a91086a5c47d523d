"""What operators stop for a while and let go on: pools and agents."""

from __future__ import annotations

from typing import Any

from headrace_api.core.core import Core
from headrace_api.core.drains import Drain
from headrace_api.core.pauses import Pause
from headrace_api.dialects.native.route import Call, Route
from headrace_api.dialects.native.routes.fleet import AGENTS, POOLS
from headrace_api.dialects.native.schemas.switches import AgentSwitch, PoolSwitch, ReasonBody
from headrace_contracts.scopes import OPERATOR

_NO_POOL = {404: "Pool not found"}
_NO_AGENT = {404: "No agent of that name was ever here"}


class SwitchRoutes:
    def __init__(self, core: Core) -> None:
        self._core = core

    async def pause(self, call: Call[ReasonBody, Any]) -> PoolSwitch:
        name = call.path("name")
        return _pool(name, await self._core.pauses.pause(name, call.body.reason))

    async def resume_pool(self, call: Call[Any, Any]) -> PoolSwitch:
        name = call.path("name")
        return _pool(name, await self._core.pauses.resume(name))

    async def drain(self, call: Call[ReasonBody, Any]) -> AgentSwitch:
        name = call.path("name")
        return _agent(name, await self._core.drains.drain(name, call.body.reason))

    async def resume_agent(self, call: Call[Any, Any]) -> AgentSwitch:
        name = call.path("name")
        return _agent(name, await self._core.drains.resume(name))


def _pool(name: str, pause: Pause | None) -> PoolSwitch:
    if pause is None:
        return PoolSwitch(pool=name, paused=False, reason=None, paused_at=None)
    return PoolSwitch(pool=name, paused=True, reason=pause.reason, paused_at=pause.paused_at)


def _agent(name: str, drain: Drain | None) -> AgentSwitch:
    if drain is None:
        return AgentSwitch(agent=name, drained=False, reason=None, drained_at=None)
    return AgentSwitch(agent=name, drained=True, reason=drain.reason, drained_at=drain.drained_at)


def routes(core: Core) -> list[Route]:
    switches = SwitchRoutes(core)
    return [
        Route(method="POST", path="/v1/pools/{name}/pause", handle=switches.pause, tag=POOLS, scope=OPERATOR,
              summary="Let no job of a pool start; what runs goes on", body=ReasonBody, answer=PoolSwitch,
              refuses=_NO_POOL, description="The name may be that of a model: its own pool."),
        Route(method="POST", path="/v1/pools/{name}/resume", handle=switches.resume_pool, tag=POOLS, scope=OPERATOR,
              summary="Let the jobs of a pool start again", answer=PoolSwitch, refuses=_NO_POOL),
        Route(method="POST", path="/v1/agents/{name}/drain", handle=switches.drain, tag=AGENTS, scope=OPERATOR,
              summary="Let an agent take no more jobs; what it runs goes on", body=ReasonBody, answer=AgentSwitch,
              refuses=_NO_AGENT, description="It goes by the name: a restart of the agent changes nothing."),
        Route(method="POST", path="/v1/agents/{name}/resume", handle=switches.resume_agent, tag=AGENTS,
              scope=OPERATOR, summary="Let an agent take jobs again", answer=AgentSwitch, refuses=_NO_AGENT),
    ]  # fmt: skip
