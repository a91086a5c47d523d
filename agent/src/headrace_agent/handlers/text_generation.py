"""Generates text with a small language model on the CPU (SmolLM2-135M-Instruct, or any GGUF file)."""

from __future__ import annotations

import json
import secrets
from typing import Any

from headrace_agent.handlers.api import Context, Handler, HandlerError, InputFile
from headrace_agent.handlers.text import engine as engines
from headrace_contracts.catalogue import text_generation
from headrace_contracts.catalogue.text_generation import TextGeneration

#: A schema is compiled into a grammar, whose cost grows with its size.
_MAX_SCHEMA_CHARS = 20_000


def generate(payload: TextGeneration, _source: InputFile | None, ctx: Context) -> dict[str, Any]:
    """``generated_text``, ``finish_reason``, ``tokens_generated``, ``prompt_tokens``, ``tokens_per_s``, ``seed``.

    ``finish_reason`` is ``stop`` or ``length``. With a ``json_schema`` also ``json``: the text parsed, None when
    it ended before the JSON was whole. Raises ``HandlerError`` for a blank or too long prompt and a schema that
    can't be followed.
    """
    if not payload.prompt.strip():
        raise HandlerError("the prompt is blank")
    ctx.progress(1, "loading the model")
    engine = engines.engine()
    seed = secrets.randbelow(2**32 - 1) if payload.seed is None else payload.seed

    def on_token(count: int) -> bool:
        ctx.progress(min(99.0, 5 + 94 * count / payload.max_tokens), f"{count} tokens")
        return ctx.cancelled

    written = engine.generate(_request(payload, seed), on_token)
    if written.finish_reason == "cancelled":
        return {}
    if not written.text.strip():
        ctx.log("the model ended its answer at once")
    result: dict[str, Any] = {
        "generated_text": written.text,
        "finish_reason": written.finish_reason,
        "tokens_generated": written.tokens,
        "prompt_tokens": written.prompt_tokens,
        "tokens_per_s": round(written.tokens_per_s, 1),
        "seed": seed,
        "model": engine.name,
    }
    if payload.json_schema is not None:
        result["json"] = _parsed(written.text)
    return result


def _request(payload: TextGeneration, seed: int) -> dict[str, Any]:
    """The request in the form of llama.cpp's server."""
    request: dict[str, Any] = {
        "max_tokens": payload.max_tokens,
        "temperature": payload.temperature,
        "top_p": payload.top_p,
        "top_k": payload.top_k,
        "repeat_penalty": payload.repetition_penalty,
        "stop": payload.stop,
        "seed": seed,
    }
    if payload.raw:
        request["prompt"] = (
            f"{payload.system_prompt}\n\n{payload.prompt}" if payload.system_prompt else payload.prompt
        )
    else:
        system = [{"role": "system", "content": payload.system_prompt}] if payload.system_prompt else []
        request["messages"] = [*system, {"role": "user", "content": payload.prompt}]
    if payload.json_schema is not None:
        if len(json.dumps(payload.json_schema)) > _MAX_SCHEMA_CHARS:
            raise HandlerError(f"json_schema is longer than {_MAX_SCHEMA_CHARS} characters")
        if payload.raw:
            request["json_schema"] = payload.json_schema
        else:
            request["response_format"] = {
                "type": "json_schema",
                "json_schema": {"schema": payload.json_schema},
            }
    return request


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


HANDLER = Handler(
    model=text_generation.MODEL,
    run=generate,
    missing=engines.missing,
    version="SmolLM2-135M-Instruct (llama.cpp)",
)
