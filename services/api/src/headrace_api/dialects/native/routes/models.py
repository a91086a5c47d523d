"""The models that a job may name."""

from __future__ import annotations

from typing import Any

from headrace_api.core.core import Core
from headrace_api.core.errors import NotFoundError, UnknownModelError
from headrace_api.dialects.native.route import Call, Route
from headrace_api.dialects.native.schemas.things import ModelCard, ModelList
from headrace_contracts.catalogue.model import Model
from headrace_contracts.scopes import JOBS_READ

TAG = "Models"


class ModelRoutes:
    def __init__(self, core: Core) -> None:
        self._core = core

    async def listed(self, _call: Call[Any, Any]) -> ModelList:
        return ModelList(models=[_card(model) for model in self._core.catalogue.public()])

    async def get(self, call: Call[Any, Any]) -> ModelCard:
        try:
            return _card(self._core.catalogue.find(call.path("id")))
        except UnknownModelError:
            raise NotFoundError("model") from None


def _card(model: Model) -> ModelCard:
    return ModelCard(
        id=model.id,
        name=model.name,
        description=model.description,
        requires_file=model.requires_file,
        allowed_file_types=["*/*"] if model.any_file else list(model.allowed_file_types),
        input_field=model.input_field,
        timeout_seconds=model.timeout_s,
        payload_schema=model.json_schema(),
    )


def routes(core: Core) -> list[Route]:
    models = ModelRoutes(core)
    return [
        Route(method="GET", path="/v1/models", handle=models.listed, summary="List models", tag=TAG,
              scope=JOBS_READ, answer=ModelList),
        Route(method="GET", path="/v1/models/{id}", handle=models.get, summary="See a model", tag=TAG,
              scope=JOBS_READ, answer=ModelCard, refuses={404: "Model not found"}),
    ]  # fmt: skip
