"""Speech to text: what was said in a recording, with times."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from headrace_contracts.catalogue.model import Model, Payload


class SpeechToText(Payload):
    language: str | None = Field(
        default=None,
        pattern="^[a-z]{2,3}$",
        description="Language spoken, as an ISO 639 code such as en; found from the audio when absent",
    )
    task: Literal["transcribe", "translate"] = Field(
        default="transcribe", description="translate gives English text whatever the language spoken"
    )
    output_format: Literal["json", "txt", "srt", "vtt"] = Field(
        default="json",
        description="json gives the JSON result alone; the others also give a result file with the text or subtitles",
    )
    word_timestamps: bool = Field(
        default=False, description="Give the start and end of each word in its segment"
    )
    beam_size: int = Field(
        default=5, ge=1, le=10, description="Readings followed at once: more is slower and a little better"
    )
    temperature: float = Field(
        default=0.0, ge=0.0, le=1.0, description="0 takes the likeliest words; more lets the model guess"
    )
    vad_filter: bool = Field(
        default=True, description="Skip parts without speech, in which the model would else invent words"
    )
    prompt: str | None = Field(
        default=None,
        max_length=1000,
        description="Text that goes before the recording: names and terms as they should be spelt",
    )


MODEL = Model(
    id="speech-to-text",
    name="Speech to Text",
    description="Transcribe speech in an audio file into text with timestamps",
    requires_file=True,
    allowed_file_types=("audio/mpeg", "audio/wav", "audio/ogg", "audio/flac", "audio/aac", "audio/m4a"),
    payload=SpeechToText,
)
