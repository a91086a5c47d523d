"""A real language model answers."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
from tests.support.handler_context import RecordingContext, run_handler

from headrace_agent.handlers import text_generation
from headrace_agent.handlers.api import HandlerError

STORY = "Write a short story about a robot learning to paint"


@pytest.fixture
def ctx(tmp_path: Path) -> RecordingContext:
    return RecordingContext(tmp_path)


def test_the_documented_example_gives_a_story(ctx: RecordingContext) -> None:
    payload = {"prompt": STORY, "max_tokens": 120, "temperature": 0.7, "seed": 1}
    result = run_handler(text_generation.HANDLER, payload, ctx)
    text = result["generated_text"].lower()
    assert len(text.split()) > 40
    assert "robot" in text or "paint" in text
    assert result["finish_reason"] in ("stop", "length")
    assert result["prompt_tokens"] > 10
    assert ctx.percents[-1] > 50


def test_a_seed_makes_it_repeatable_and_none_does_not(ctx: RecordingContext) -> None:
    def story(**more: object) -> str:
        payload = {"prompt": STORY, "max_tokens": 40, "temperature": 1.0, **more}
        return str(run_handler(text_generation.HANDLER, payload, ctx)["generated_text"])

    assert story(seed=5) == story(seed=5)
    assert story(seed=5) != story(seed=6)
    assert len({story(), story(), story()}) == 3


@pytest.mark.parametrize("most", [1, 7, 25])
def test_no_more_than_max_tokens(ctx: RecordingContext, most: int) -> None:
    payload = {"prompt": STORY, "max_tokens": most, "seed": 1}
    result = run_handler(text_generation.HANDLER, payload, ctx)
    assert result["tokens_generated"] == most
    assert result["finish_reason"] == "length"


def test_it_knows_a_fact(ctx: RecordingContext) -> None:
    payload = {"prompt": "What is the capital of France?", "temperature": 0.0, "max_tokens": 40, "seed": 0}
    assert "Paris" in run_handler(text_generation.HANDLER, payload, ctx)["generated_text"]


def test_a_stop_text_ends_it_and_is_left_out(ctx: RecordingContext) -> None:
    payload = {"prompt": STORY, "max_tokens": 200, "seed": 1, "stop": ["."]}
    result = run_handler(text_generation.HANDLER, payload, ctx)
    assert result["finish_reason"] == "stop"
    assert result["generated_text"].strip()
    assert "." not in result["generated_text"]


def test_raw_continues_the_text(ctx: RecordingContext) -> None:
    prompt = "one two three four five six seven"
    payload = {"prompt": prompt, "raw": True, "temperature": 0.0, "max_tokens": 6, "repetition_penalty": 1.0}
    assert "eight" in run_handler(text_generation.HANDLER, payload, ctx)["generated_text"]


@pytest.mark.parametrize("raw", [False, True])
def test_a_schema_is_followed(ctx: RecordingContext, raw: bool) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 30}, "people": {"type": "integer"}},
        "required": ["city", "people"],
        "additionalProperties": False,
    }
    payload = {"prompt": "Describe a city as JSON.", "json_schema": schema, "seed": 3, "raw": raw}
    result = run_handler(text_generation.HANDLER, payload, ctx)
    assert set(result["json"]) == {"city", "people"}
    assert isinstance(result["json"]["people"], int)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"prompt": " \n "}, "blank"),
        ({"prompt": "word " * 6000}, "exceeds the available context size"),
        ({"prompt": "x", "json_schema": {"type": "wibble"}}, "wibble"),
        ({"prompt": "x", "json_schema": {"enum": ["y" * 30_000]}}, "json_schema is longer"),
    ],
)
def test_what_can_not_be_done_is_said(ctx: RecordingContext, payload: dict[str, object], reason: str) -> None:
    with pytest.raises(HandlerError, match=reason):
        run_handler(text_generation.HANDLER, payload, ctx)


def test_cancelling_ends_it_after_the_next_token(tmp_path: Path) -> None:
    ctx = RecordingContext(tmp_path, cancel_when=lambda ctx: len(ctx.percents) >= 5)
    assert run_handler(text_generation.HANDLER, {"prompt": STORY, "max_tokens": 2000}, ctx) == {}
    assert len(ctx.percents) < 10


def test_the_model_can_not_be_reached_from_outside(ctx: RecordingContext) -> None:
    run_handler(text_generation.HANDLER, {"prompt": "Hello", "max_tokens": 1}, ctx)
    sockets = psutil.Process().net_connections(kind="all")
    assert [s for s in sockets if s.status == psutil.CONN_LISTEN] == []
    paths = [Path(str(s.laddr)) for s in sockets if "headrace-llm" in str(s.laddr)]
    assert len(paths) == 1, "the socket that llama.cpp insists on"
    assert not paths[0].parent.exists()


def test_a_model_file_that_is_not_one_is_named(
    ctx: RecordingContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.gguf"
    monkeypatch.setenv("HEADRACE_TEXT_MODEL_PATH", str(path))
    with pytest.raises(HandlerError, match=r"no language model at .*model\.gguf"):
        run_handler(text_generation.HANDLER, {"prompt": "Hello"}, ctx)
    path.write_bytes(b"GGUF" + bytes(1000))
    with pytest.raises(HandlerError, match=r"model\.gguf can't be loaded"):
        run_handler(text_generation.HANDLER, {"prompt": "Hello"}, ctx)
