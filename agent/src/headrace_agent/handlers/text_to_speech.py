"""Reads a text aloud with hibari, a small neural voice that runs on the CPU.

The voice «heart» is inside its package. ``HEADRACE_VOICES_DIR`` names a folder with further ones, in the file
names that hibari gives them (``bf_emma.int8.onnx``, ...). Nothing is downloaded.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from headrace_agent.handlers.api import Context, Handler, HandlerError, InputFile
from headrace_agent.handlers.audio.encoding import encode
from headrace_agent.handlers.requirements import packages, setting
from headrace_contracts.catalogue import text_to_speech
from headrace_contracts.catalogue.text_to_speech import TextToSpeech


def speak(payload: TextToSpeech, _input: InputFile | None, ctx: Context) -> dict[str, Any]:
    """The result file ``output.<format>`` and ``duration_s``, ``sample_rate_hz``, ``voice``, ``sentences``.

    Raises ``HandlerError`` for a text without anything to say and for a voice that isn't installed.
    """
    import numpy as np

    voice = load_voice(payload.voice)
    phrases = voice.phonemize(payload.text)
    if not phrases:
        raise HandlerError("the text holds nothing that can be read aloud")
    rng = np.random.default_rng(payload.seed)
    parts = []
    for index, phrase in enumerate(phrases):
        if ctx.cancelled:
            return {}
        parts.append(voice.from_ids(voice.ids(phrase), payload.speed, rng))
        ctx.progress(95 * (index + 1) / len(phrases), f"sentence {index + 1} of {len(phrases)}")
    samples = np.concatenate(parts)
    if not samples.size or float(np.abs(samples).max()) < 1e-3:
        raise HandlerError("the text holds nothing that can be read aloud in English")
    path = ctx.output_path(f"output.{payload.output_format}")
    rate = encode(
        samples, voice.sample_rate, path, kind=payload.output_format, sample_rate_hz=payload.sample_rate_hz
    )
    ctx.progress(100)
    return {
        "duration_s": round(samples.size / voice.sample_rate, 3),
        "sample_rate_hz": rate,
        "voice": payload.voice,
        "language": "en",
        "sentences": len(voice.split_sentences(payload.text)),
        "characters": len(payload.text),
        "format": payload.output_format,
        "size_bytes": path.stat().st_size,
    }


def load_voice(name: str) -> Any:
    """The voice of that name; video-production reads with it too. Raises ``HandlerError`` when it isn't installed."""
    return _voice(name, setting("HEADRACE_VOICES_DIR"))


@lru_cache(maxsize=2)
def _voice(name: str, folder: str | None) -> Any:
    """The loaded voice, kept for the next job of this process."""
    import hibari
    from hibari.voices import VOICES

    if VOICES[name].get("bundled"):
        return hibari.Hibari(voice=name)
    model = Path(folder or "") / VOICES[name]["file"]
    if folder is None or not model.is_file():
        raise HandlerError(
            f"voice {name!r} is not installed on this agent; use 'heart', or ask its operator to put "
            f"{VOICES[name]['file']} into the folder that HEADRACE_VOICES_DIR names"
        )
    return hibari.Hibari(voice=name, model=str(model))


HANDLER = Handler(
    model=text_to_speech.MODEL,
    run=speak,
    missing=packages("speech", "hibari", "onnxruntime", "numpy", "av"),
    version="hibari-tts",
)
