"""The load: repeatable, of all kinds, in three dialects, and known by its payload."""

from __future__ import annotations

import json

import pytest

from headrace.chaos.load.ask import AURAFLUX, NATIVE, RADIANCE, Ask, make_ask
from headrace.chaos.load.work import expected_result, model_of, number_of, payload_of, read_order, table_of
from headrace_contracts.catalogue.registry import get
from headrace_contracts.catalogue.validation import validate_payload

ASKS = [make_ask(7, n) for n in range(1, 3001)]


def test_the_same_seed_and_number_give_the_same_job() -> None:
    assert make_ask(7, 5) == make_ask(7, 5)
    assert make_ask(7, 5) != make_ask(8, 5)


def test_all_works_dialects_and_priorities_are_asked_for() -> None:
    assert {ask.dialect for ask in ASKS} == {NATIVE, RADIANCE, AURAFLUX}
    assert {ask.priority for ask in ASKS} == {"low", "normal", "high", "urgent"}
    works = {"noop", "text", "film", "print", "file", "fail", "later", "large", "crash", "slow"}
    assert {ask.work for ask in ASKS} == works
    assert sum(not ask.keyed for ask in ASKS) > 100
    assert sum(ask.cancel_after_s is not None for ask in ASKS) > 100


def test_sizes_go_from_bytes_to_megabytes() -> None:
    sizes = [len(table_of(ask.n, ask.size)) for ask in ASKS if ask.work == "file"]
    assert min(sizes) < 1000
    assert max(sizes) > 1_000_000


@pytest.mark.parametrize("ask", ASKS[:200], ids=lambda ask: f"{ask.n}-{ask.work}")
def test_every_payload_is_one_that_its_model_takes_and_tells_its_number(ask: Ask) -> None:
    model = get(model_of(ask))
    assert model is not None
    payload = payload_of(ask)
    assert validate_payload(model, payload) == []
    assert number_of(model.id, json.dumps(payload)) == ask.n


@pytest.mark.parametrize(
    ("model", "payload"),
    [("noop", "{}"), ("noop", "[1]"), ("text-generation", '{"prompt":"Hello"}'), ("data-processing", "{}")],
)
def test_a_payload_of_others_has_no_number(model: str, payload: str) -> None:
    assert number_of(model, payload) is None


def test_results_differ_from_job_to_job() -> None:
    texts = {json.dumps(expected_result(ask), sort_keys=True) for ask in ASKS[:300]}
    assert len(texts) == 300


def test_an_order_is_read_as_it_was_given() -> None:
    ask = next(ask for ask in ASKS if ask.work == "text")
    order = read_order(payload_of(ask)["prompt"])
    assert (order.n, order.work, order.size, order.ms) == (ask.n, "text", ask.size, ask.ms)
