"""Text to speech: a text read aloud into an audio file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from headrace_contracts.catalogue.model import Model, Payload


class TextToSpeech(Payload):
    text: str = Field(min_length=1, max_length=20_000, description="English text to read aloud")
    voice: Literal["heart", "kore", "fenrir", "emma", "fable"] = Field(
        default="heart",
        description=(
            "heart and kore are American women, fenrir an American man, emma a British woman, fable a British man; "
            "every agent has heart, the others where the operator installed them"
        ),
    )
    speed: float = Field(default=1.0, ge=0.5, le=2.0, description="Pace: 0.5 is slow, 2 is fast")
    output_format: Literal["wav", "mp3", "flac", "ogg"] = Field(
        default="wav", description="Format of the audio file"
    )
    sample_rate_hz: Literal[8000, 16000, 24000, 44100, 48000] = Field(
        default=24000, description="Samples per second of the audio file; the voice itself has 24000"
    )
    seed: int = Field(
        default=0, ge=0, le=4_294_967_295, description="The same seed and text give the same audio"
    )


MODEL = Model(
    id="text-to-speech",
    name="Text to Speech",
    description="Read a text aloud into an audio file",
    requires_file=False,
    payload=TextToSpeech,
    input_field="text",
    timeout_s=600,
)
