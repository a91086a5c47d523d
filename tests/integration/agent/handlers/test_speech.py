"""Text to speech and speech to text against each other: what one says, the other must hear."""

from __future__ import annotations

import random
import re
import wave
from pathlib import Path

import pytest
from tests.support.handler_context import RecordingContext, run_handler

from headrace_agent.handlers import speech_to_text, text_to_speech
from headrace_agent.handlers.api import HandlerError

SENTENCE = (
    "Good morning. The water runs through the channel and turns the wheel. Your job has finished in time."
)


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


@pytest.fixture
def ctx(tmp_path: Path) -> RecordingContext:
    return RecordingContext(tmp_path)


def say(folder: Path, text: str = SENTENCE, **payload: object) -> Path:
    folder.mkdir(exist_ok=True)
    ctx = RecordingContext(folder)
    run_handler(text_to_speech.HANDLER, {"text": text, **payload}, ctx)
    assert ctx.output is not None
    return ctx.output


@pytest.mark.parametrize(
    ("kind", "mime"),
    [("wav", "audio/wav"), ("mp3", "audio/mpeg"), ("flac", "audio/flac"), ("ogg", "audio/ogg")],
)
def test_what_is_spoken_is_read_back_word_by_word(tmp_path: Path, kind: str, mime: str) -> None:
    audio = say(tmp_path / "said", output_format=kind)
    ctx = RecordingContext(tmp_path)
    heard = run_handler(speech_to_text.HANDLER, {}, ctx, path=audio, mime=mime)
    assert words(heard["transcription"]) == words(SENTENCE)
    assert heard["language"] == "en"
    assert ctx.percents[-1] > 80
    segments = heard["segments"]
    assert 0 <= segments[0]["start"] < segments[-1]["end"] <= heard["duration_s"] + 0.5
    assert ctx.output is None


@pytest.mark.parametrize(("suffix", "form"), [("m4a", "ipod"), ("aac", "adts")])
def test_apple_and_bare_aac_in_stereo_are_heard_too(tmp_path: Path, suffix: str, form: str) -> None:
    import av

    path = tmp_path / f"said.{suffix}"
    with av.open(str(say(tmp_path / "said"))) as source, av.open(str(path), "w", format=form) as target:
        stream = target.add_stream("aac", rate=44100, layout="stereo")
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=44100, frame_size=1024)
        for frame in [*source.decode(audio=0), None]:
            for out in resampler.resample(frame):
                target.mux(stream.encode(out))
        target.mux(stream.encode(None))
    heard = run_handler(
        speech_to_text.HANDLER, {}, RecordingContext(tmp_path), path=path, mime=f"audio/{suffix}"
    )
    assert words(heard["transcription"]) == words(SENTENCE)


def test_the_wav_has_the_stated_length_rate_and_sound(ctx: RecordingContext) -> None:
    result = run_handler(text_to_speech.HANDLER, {"text": SENTENCE, "sample_rate_hz": 16000}, ctx)
    assert ctx.output is not None
    assert ctx.output.name == "output.wav"
    with wave.open(str(ctx.output), "rb") as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (16000, 1, 2)
        assert sound.getnframes() / 16000 == pytest.approx(result["duration_s"], abs=0.05)
        pcm = sound.readframes(sound.getnframes())
    assert max(pcm[1::2]) > 0, "silence"
    assert result["voice"] == "heart"
    assert result["sample_rate_hz"] == 16000
    assert result["sentences"] == 3
    assert 4 < result["duration_s"] < 12


def test_the_same_seed_gives_the_same_bytes_and_speed_shortens(tmp_path: Path) -> None:
    first = say(tmp_path / "a", seed=7).read_bytes()
    assert say(tmp_path / "b", seed=7).read_bytes() == first
    assert say(tmp_path / "c", seed=8).read_bytes() != first
    assert len(say(tmp_path / "d", speed=2.0).read_bytes()) < 0.65 * len(first)


@pytest.mark.parametrize("text", ["   ", "\n\n"])
def test_a_text_without_words_is_refused(ctx: RecordingContext, text: str) -> None:
    with pytest.raises(HandlerError, match="nothing that can be read aloud"):
        run_handler(text_to_speech.HANDLER, {"text": text}, ctx)
    assert ctx.output is None


def test_a_voice_that_is_not_installed_is_named(
    ctx: RecordingContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADRACE_VOICES_DIR", str(tmp_path))
    with pytest.raises(HandlerError, match=r"'emma' is not installed.*HEADRACE_VOICES_DIR"):
        run_handler(text_to_speech.HANDLER, {"text": "Hello", "voice": "emma"}, ctx)


def test_cancelling_ends_the_reading_early(tmp_path: Path) -> None:
    ctx = RecordingContext(tmp_path, cancel_when=lambda ctx: len(ctx.percents) >= 2)
    assert run_handler(text_to_speech.HANDLER, {"text": "One. " * 200}, ctx) == {}
    assert len(ctx.percents) == 2
    assert ctx.output is None


@pytest.mark.parametrize(
    ("kind", "first_line", "arrow"), [("srt", "1", ",000 --> 00:00:"), ("vtt", "WEBVTT", ".000 --> 00:00:")]
)
def test_subtitles_hold_what_was_said(
    tmp_path: Path, ctx: RecordingContext, kind: str, first_line: str, arrow: str
) -> None:
    payload = {"output_format": kind, "word_timestamps": True, "language": "en"}
    heard = run_handler(speech_to_text.HANDLER, payload, ctx, path=say(tmp_path / "said"), mime="audio/wav")
    assert ctx.output is not None
    assert ctx.output.name == f"transcript.{kind}"
    text = ctx.output.read_text(encoding="utf-8")
    assert text.splitlines()[0] == first_line
    assert re.search(r"00:00:0\d[.,]\d{3} --> 00:00:", text)
    assert words(
        "".join(line + " " for line in text.splitlines() if "-->" not in line and line != first_line)
    ) == (words(SENTENCE))
    assert arrow[0] in text
    spoken = [word for segment in heard["segments"] for word in segment["words"]]
    assert [words(word["word"])[0] for word in spoken[:2]] == ["good", "morning"]
    assert all(word["start"] <= word["end"] for word in spoken)


NOISE = random.Random(1).randbytes(2 * 16000 * 5)  # noqa: S311 - noise, not a secret


@pytest.mark.parametrize("pcm", [bytes(2 * 16000 * 5), NOISE], ids=["silence", "noise"])
def test_silence_and_noise_are_no_speech(tmp_path: Path, ctx: RecordingContext, pcm: bytes) -> None:
    path = tmp_path / "silent.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 16000, 0, "NONE", ""))
        sound.writeframes(pcm)
    with pytest.raises(HandlerError, match="no speech"):
        run_handler(speech_to_text.HANDLER, {}, ctx, path=path, mime="audio/wav")


@pytest.mark.parametrize("content", [b"", b"RIFF\x00\x00\x00\x00WAVE", b"not audio at all" * 100])
def test_broken_audio_is_refused(tmp_path: Path, ctx: RecordingContext, content: bytes) -> None:
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    with pytest.raises(HandlerError, match="audio"):
        run_handler(speech_to_text.HANDLER, {}, ctx, path=path, mime="audio/wav")


def test_a_recording_that_breaks_off_is_transcribed_up_to_there(
    tmp_path: Path, ctx: RecordingContext
) -> None:
    whole = say(tmp_path / "said", output_format="mp3")
    path = tmp_path / "cut.mp3"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    heard = run_handler(speech_to_text.HANDLER, {}, ctx, path=path, mime="audio/mpeg")
    assert words(heard["transcription"])[:4] == ["good", "morning", "the", "water"]


def test_a_language_that_the_model_lacks_is_refused(tmp_path: Path, ctx: RecordingContext) -> None:
    audio = say(tmp_path / "said", "Hello.")
    with pytest.raises(HandlerError, match="'de'"):
        run_handler(speech_to_text.HANDLER, {"language": "de"}, ctx, path=audio, mime="audio/wav")
    with pytest.raises(HandlerError, match="translate"):
        run_handler(speech_to_text.HANDLER, {"task": "translate"}, ctx, path=audio, mime="audio/wav")


def test_a_model_that_is_not_there_is_named(
    tmp_path: Path, ctx: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADRACE_WHISPER_MODEL", str(tmp_path))
    audio = say(tmp_path / "said", "Hello.")
    with pytest.raises(HandlerError, match="HEADRACE_WHISPER_MODEL"):
        run_handler(speech_to_text.HANDLER, {}, ctx, path=audio, mime="audio/wav")
