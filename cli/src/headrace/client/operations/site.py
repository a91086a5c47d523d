"""What the site has: models, agents, pools, and what the account keeps there: templates and destinations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.client.calls import call, part, value
from headrace.client.model.site import (
    Agent,
    AgentList,
    Destination,
    DestinationList,
    Model,
    ModelList,
    Pool,
    PoolList,
    Template,
    TemplateList,
)
from headrace.client.operation import operation
from headrace.client.steps import Steps


class SiteCalls:
    @operation
    def models(self) -> Steps[list[Model]]:
        """What a job may name as its model."""
        return value((yield from call("GET", "/v1/models")), ModelList).models

    @operation
    def model(self, model_id: str) -> Steps[Model]:
        """One model, with the schema of its payload. Raises NotFoundError."""
        return value((yield from call("GET", f"/v1/models/{part(model_id)}")), Model)

    @operation
    def agents(self) -> Steps[list[Agent]]:
        """The agents that are online."""
        return value((yield from call("GET", "/v1/agents")), AgentList).agents

    @operation
    def pools(self) -> Steps[list[Pool]]:
        """The named queues."""
        return value((yield from call("GET", "/v1/pools")), PoolList).pools

    @operation
    def put_pool(self, /, name: str, **fields: Any) -> Steps[Pool]:
        """Make or change a pool; ``fields`` are those of ``PUT /v1/pools/{name}``. Raises ApiError."""
        return value((yield from call("PUT", f"/v1/pools/{part(name)}", json=fields)), Pool)

    @operation
    def delete_pool(self, name: str) -> Steps[None]:
        """Delete a pool. Raises NotFoundError, or ConflictError while jobs wait or run in it."""
        yield from call("DELETE", f"/v1/pools/{part(name)}")

    @operation
    def templates(self) -> Steps[list[Template]]:
        """The account's templates, youngest first."""
        return value((yield from call("GET", "/v1/templates")), TemplateList).templates

    @operation
    def create_template(
        self,
        name: str,
        options: Mapping[str, Any],
        *,
        model: str | None = None,
        retry: Mapping[str, Any] | None = None,
        queue_timeout_s: float | None = None,
    ) -> Steps[Template]:
        """Keep fields of a payload for jobs to come (``template_id`` of a submit), and how they are retried.

        Raises ApiError.
        """
        body = _template(name, options, model, retry, queue_timeout_s)
        return value((yield from call("POST", "/v1/templates", json=body)), Template)

    @operation
    def template(self, template_id: str) -> Steps[Template]:
        """One template. Raises NotFoundError."""
        return value((yield from call("GET", f"/v1/templates/{part(template_id)}")), Template)

    @operation
    def update_template(
        self,
        template_id: str,
        name: str,
        options: Mapping[str, Any],
        *,
        model: str | None = None,
        retry: Mapping[str, Any] | None = None,
        queue_timeout_s: float | None = None,
    ) -> Steps[Template]:
        """Put these in the place of what the template was. Raises NotFoundError or ApiError."""
        body = _template(name, options, model, retry, queue_timeout_s)
        return value((yield from call("PUT", f"/v1/templates/{part(template_id)}", json=body)), Template)

    @operation
    def delete_template(self, template_id: str) -> Steps[None]:
        """Delete a template. Raises NotFoundError."""
        yield from call("DELETE", f"/v1/templates/{part(template_id)}")

    @operation
    def destinations(self) -> Steps[list[Destination]]:
        """Where the account publishes to, without credentials."""
        return value((yield from call("GET", "/v1/destinations")), DestinationList).destinations

    @operation
    def create_destination(
        self,
        name: str,
        platform: str,
        config: Mapping[str, Any] | None = None,
        *,
        secret: Mapping[str, Any] | None = None,
    ) -> Steps[Destination]:
        """Keep a destination on ``s3``, ``http``, ``mastodon`` or ``youtube``; ``secret`` is never shown again.

        Raises ConflictError (the name is taken) or ApiError.
        """
        body = {
            "name": name,
            "platform": platform,
            "config": dict(config or {}),
            "secret": None if secret is None else dict(secret),
        }
        return value((yield from call("POST", "/v1/destinations", json=body)), Destination)

    @operation
    def delete_destination(self, name: str) -> Steps[None]:
        """Forget a destination. Raises NotFoundError."""
        yield from call("DELETE", f"/v1/destinations/{part(name)}")


def _template(
    name: str,
    options: Mapping[str, Any],
    model: str | None,
    retry: Mapping[str, Any] | None,
    queue_timeout_s: float | None,
) -> dict[str, Any]:
    return {
        "name": name,
        "options": dict(options),
        "model": model,
        "retry": None if retry is None else dict(retry),
        "queue_timeout_s": queue_timeout_s,
    }
