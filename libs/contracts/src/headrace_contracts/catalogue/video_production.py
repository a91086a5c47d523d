"""A video made ready for publishing, from an upload or from words alone (seed 001, «Submit a job»).

Keys are snake_case here; a dialect that writes them otherwise turns them around.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from headrace_contracts.catalogue.model import Model, Payload

#: The parts of a production that an agent goes through, in order; the fifth, ``publish``, is the publisher's. The
#: message of each progress report begins with one of them.
PORTALS = ("1 intake", "2 analyse", "3 produce", "4 copy")

#: The main result file, and the one beside it.
VIDEO_FILE = "video.mp4"
THUMBNAIL_FILE = "thumbnail.jpg"

#: What the big platforms take.
TITLE_CHARS = 100
DESCRIPTION_BYTES = 5000
TAGS_CHARS = 500


class VideoProduction(Payload):
    """Payload of ``video-production``. What is absent of title, description and tags is written by the agent."""

    entry: Literal["upload", "prompt"] = Field(
        description="upload: produce the file that comes with the job; prompt: make a video from the prompt"
    )
    prompt: str | None = Field(
        default=None,
        min_length=1,
        max_length=5000,
        description="What the video is about; entry prompt shows and reads it, a line or sentence a scene",
    )
    title: str | None = Field(
        default=None, min_length=1, max_length=TITLE_CHARS, description="Title; written when absent"
    )
    description: str | None = Field(
        default=None,
        min_length=1,
        max_length=DESCRIPTION_BYTES,
        description="Description for publishing, 5000 bytes of UTF-8 at most; written when absent",
    )
    tags: list[Annotated[str, Field(min_length=1, max_length=60)]] | None = Field(
        default=None, max_length=50, description="Tags for publishing; chosen when absent"
    )
    tone: Literal["neutral", "friendly", "professional", "playful", "dramatic"] = Field(
        default="neutral", description="How the title and the description are to sound"
    )
    language: str = Field(
        default="en",
        max_length=35,
        pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        description="Language of the video (BCP 47), noted in the file; narration speaks English only",
    )
    aspect: Literal["source", "16:9", "9:16", "1:1", "4:5"] = Field(
        default="source",
        description="Shape of the picture; source keeps the upload's (16:9 for entry prompt)",
    )
    fit: Literal["pad", "crop"] = Field(
        default="pad", description="Where the shape changes: pad adds bars, crop cuts the edges off"
    )
    resolution: Literal[360, 480, 540, 720, 1080] = Field(
        default=720, description="Shorter side of the picture in pixels"
    )
    fps: Literal[24, 25, 30, 50, 60] | None = Field(
        default=None, description="Frames per second; the nearest to the upload's when absent"
    )
    max_duration_s: float | None = Field(
        default=None,
        ge=1,
        le=10_800,
        description="Cut the video off after this many seconds, title card included",
    )
    normalize_audio: bool = Field(
        default=True, description="Bring the sound to about -16 LUFS, without peaks over -1 dBFS"
    )
    title_card: bool = Field(default=False, description="Begin with a card that shows the title")
    title_card_s: float = Field(
        default=2.5, ge=1, le=10, description="How long the title card is shown, in seconds"
    )
    thumbnail: bool = Field(default=True, description="Also make thumbnail.jpg, 1280x720, of the best frame")
    thumbnail_title: bool = Field(default=True, description="Write the title on the thumbnail")
    captions: bool = Field(
        default=True, description="Write each scene's words into the picture (entry prompt)"
    )
    narration: bool = Field(
        default=True, description="Read the prompt aloud where the agent has a voice (entry prompt)"
    )
    voice: Literal["heart", "kore", "fenrir", "emma", "fable"] = Field(
        default="heart", description="Voice of the narration, as in text-to-speech"
    )
    style: int | None = Field(
        default=None,
        ge=0,
        le=25,
        description="Painting style of the pictures, as in image-generation (entry prompt)",
    )
    seed: int | None = Field(
        default=None,
        ge=0,
        le=4_294_967_294,
        description="The same seed and prompt give the same pictures and words (default: drawn from the prompt)",
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.entry == "prompt" and not (self.prompt or "").strip():
            raise ValueError("Missing required field: prompt (entry is 'prompt')")
        if self.description is not None and len(self.description.encode()) > DESCRIPTION_BYTES:
            raise ValueError(f"Field 'description' must have at most {DESCRIPTION_BYTES} bytes of UTF-8")
        if self.tags is not None and len(",".join(self.tags)) > TAGS_CHARS:
            raise ValueError(f"Field 'tags' must have at most {TAGS_CHARS} characters in all")
        return self


MODEL = Model(
    id="video-production",
    name="Video Production",
    description="Make a video ready for publishing, from an upload or from a prompt",
    requires_file=False,
    allowed_file_types=("video/mp4", "video/mov"),
    payload=VideoProduction,
    input_field="prompt",
    text_defaults=MappingProxyType({"entry": "prompt"}),
    file_defaults=MappingProxyType({"entry": "upload"}),
    timeout_s=7200,
    general=False,
)
