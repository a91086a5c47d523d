"""Text generation: a language model answers or continues a prompt."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from headrace_contracts.catalogue.model import Model, Payload


class TextGeneration(Payload):
    prompt: str = Field(min_length=1, max_length=32_000, description="Input prompt")
    max_tokens: int = Field(default=256, ge=1, le=4096, description="Maximum tokens to generate")
    temperature: float = Field(
        default=0.7, ge=0.0, le=2.0, description="0 always takes the likeliest word; higher is more varied"
    )
    top_p: float = Field(
        default=0.95,
        gt=0.0,
        le=1.0,
        description="Choose among the likeliest words that have this share together",
    )
    top_k: int = Field(
        default=40, ge=0, le=1000, description="Choose among this many likeliest words; 0 sets no limit"
    )
    repetition_penalty: float = Field(
        default=1.1, ge=1.0, le=2.0, description="More than 1 makes words that were just used less likely"
    )
    stop: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        default_factory=list,
        max_length=8,
        description="Texts at which the generation ends; they are left out",
    )
    seed: int | None = Field(
        default=None,
        ge=0,
        le=4_294_967_294,
        description="The same seed and prompt give the same text; chosen at random when absent",
    )
    system_prompt: str | None = Field(
        default=None, max_length=8000, description="How the model should behave, set before the prompt"
    )
    raw: bool = Field(
        default=False, description="Continue the prompt as plain text instead of answering it as in a chat"
    )
    json_schema: dict[str, Any] | None = Field(
        default=None,
        description="JSON Schema that the generated text must follow; result.json holds it parsed",
    )


MODEL = Model(
    id="text-generation",
    name="Text Generation",
    description="Generate text from prompt",
    requires_file=False,
    payload=TextGeneration,
    input_field="prompt",
)
