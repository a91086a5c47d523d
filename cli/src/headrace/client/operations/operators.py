"""What operators do with a site: stop pools and agents for a while, and limit accounts. A key needs ``operator``."""

from __future__ import annotations

from typing import Any

from headrace.client.calls import call, part, value
from headrace.client.model.account import AccountLimits
from headrace.client.model.site import AgentSwitch, PausedPool, PoolList, PoolSwitch
from headrace.client.operation import operation
from headrace.client.steps import Steps


class OperatorCalls:
    @operation
    def paused_pools(self) -> Steps[list[PausedPool]]:
        """The pools whose jobs do not start for now, the models' own ones among them."""
        return value((yield from call("GET", "/v1/pools")), PoolList).paused

    @operation
    def pause_pool(self, name: str, reason: str = "") -> Steps[PoolSwitch]:
        """Let no job of a pool start; what runs goes on. ``reason`` is for those whose jobs wait.

        Raises NotFoundError.
        """
        path = f"/v1/pools/{part(name)}/pause"
        return value((yield from call("POST", path, json={"reason": reason})), PoolSwitch)

    @operation
    def resume_pool(self, name: str) -> Steps[PoolSwitch]:
        """Let the jobs of a pool start again. Raises NotFoundError."""
        return value((yield from call("POST", f"/v1/pools/{part(name)}/resume")), PoolSwitch)

    @operation
    def drain_agent(self, name: str, reason: str = "") -> Steps[AgentSwitch]:
        """Let the agents of a name take no more jobs; what they run goes on. Raises NotFoundError."""
        path = f"/v1/agents/{part(name)}/drain"
        return value((yield from call("POST", path, json={"reason": reason})), AgentSwitch)

    @operation
    def resume_agent(self, name: str) -> Steps[AgentSwitch]:
        """Let the agents of a name take jobs again. Raises NotFoundError."""
        return value((yield from call("POST", f"/v1/agents/{part(name)}/resume")), AgentSwitch)

    @operation
    def account_limits(self, account_id: str) -> Steps[AccountLimits]:
        """What an account may have waiting and in motion, and what it has. Raises NotFoundError."""
        return value((yield from call("GET", f"/v1/accounts/{part(account_id)}/limits")), AccountLimits)

    @operation
    def limit_account(self, /, account_id: str, **limits: int | None) -> Steps[AccountLimits]:
        """Set ``max_queued`` or ``max_running``; None takes the limit away, what is left out stays.

        Raises NotFoundError or ApiError.
        """
        body: dict[str, Any] = dict(limits)
        path = f"/v1/accounts/{part(account_id)}/limits"
        return value((yield from call("PATCH", path, json=body)), AccountLimits)
