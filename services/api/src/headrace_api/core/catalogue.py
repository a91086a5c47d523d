"""Which models a submit may name."""

from __future__ import annotations

from headrace_api.core.errors import MissingModelError, UnknownModelError
from headrace_contracts.catalogue.model import Model
from headrace_contracts.catalogue.registry import general_models, get, public_models

_SHOWN_CHARS = 100


class Catalogue:
    """The public models; ``noop`` too where an operator enabled it."""

    def __init__(self, *, enable_noop: bool) -> None:
        self._enable_noop = enable_noop

    def general(self) -> tuple[Model, ...]:
        """Those of seed 002."""
        return general_models()

    def public(self) -> tuple[Model, ...]:
        """These, and the kinds of work that have a dialect of their own."""
        return public_models()

    def find_general(self, model_id: str | None) -> Model:
        """As ``find``, without the kinds of work that have a dialect of their own."""
        model = self.find(model_id)
        if not model.general:
            raise UnknownModelError(model.id)
        return model

    def find(self, model_id: str | None) -> Model:
        """Raises MissingModelError or UnknownModelError."""
        if not model_id:
            raise MissingModelError("Model ID is required")
        model = get(model_id)
        if model is None or not (model.public or self._enable_noop):
            raise UnknownModelError(model_id[:_SHOWN_CHARS])
        return model
