"""Which models a transport can serve whose results are more than one file."""

from __future__ import annotations

import pytest

from headrace_agent.handlers.api import Handler
from headrace_agent.models import UnknownModelError, carried, choose_models
from headrace_contracts.catalogue.model import Model


def _handler(name: str, *, extra_files: bool) -> Handler:
    model = Model(id=name, name=name, description=name, requires_file=False)
    return Handler(model=model, run=lambda *_: {}, missing=lambda: None, version="1", extra_files=extra_files)


INSTALLED = {"one": _handler("one", extra_files=False), "many": _handler("many", extra_files=True)}


def test_a_transport_for_several_files_serves_every_model() -> None:
    assert carried(INSTALLED, {"c": "x"}, extra_files=True) == (["one", "many"], {"c": "x"})


def test_a_transport_for_one_file_says_why_it_leaves_a_model_out() -> None:
    served, missing = carried(INSTALLED, {"c": "x"}, extra_files=False)
    assert served == ["one"]
    assert missing.keys() == {"c", "many"}
    assert "--transport jetstream" in missing["many"]
    with pytest.raises(UnknownModelError, match="gives several result files"):
        choose_models(served, missing, wanted=["many"], noop=False)
