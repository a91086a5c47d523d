"""Sound with holes, repeats and changes becomes one steady stream; the meter knows a sine's loudness."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import av
import numpy as np
import pytest
from tests.support.clips import RATE_HZ, tone

from headrace_agent.handlers.production.loudness import CEILING_DBFS, Leveller, Meter
from headrace_agent.handlers.production.sound import Block, Timeline


def frame(samples: int, *, rate: int = RATE_HZ, layout: str = "stereo", level: float = 0.5) -> av.AudioFrame:
    channels = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    made = av.AudioFrame.from_ndarray(
        np.full((channels, samples), level, dtype=np.float32), format="fltp", layout=layout
    )
    made.sample_rate, made.time_base = rate, Fraction(1, rate)
    return made


def joined(blocks: Iterable[Block]) -> Block:
    return np.concatenate([np.zeros((2, 0), dtype=np.float32), *blocks], axis=1)


def placed(*given: tuple[float, av.AudioFrame], limit_s: float = 10.0) -> Block:
    timeline = Timeline(limit_s)
    blocks = [block for at, one in given for block in timeline.add(at, one)]
    return joined([*blocks, *timeline.end()])


def test_frames_that_follow_each_other_are_joined() -> None:
    sound = placed(*((n * 0.02, frame(960)) for n in range(50)))
    assert sound.shape == (2, RATE_HZ)
    assert np.allclose(sound, 0.5, atol=1e-3)


def test_a_late_begin_and_a_hole_are_filled_with_silence() -> None:
    sound = placed((0.5, frame(RATE_HZ // 2)), (2.0, frame(RATE_HZ // 2)))
    assert sound.shape[1] == pytest.approx(2.5 * RATE_HZ, abs=50)
    at = [float(np.abs(sound[:, int(second * RATE_HZ)]).max()) for second in (0.25, 0.75, 1.5, 2.25)]
    assert at == pytest.approx([0.0, 0.5, 0.0, 0.5], abs=0.01)


def test_what_comes_twice_is_heard_once_and_what_has_no_time_follows() -> None:
    half = RATE_HZ // 2
    sound = placed((0.0, frame(half)), (0.0, frame(half)), (0.5, frame(half)), (-1.0, frame(half)))
    assert sound.shape[1] == pytest.approx(1.5 * RATE_HZ, abs=50)


def test_of_what_overlaps_only_the_rest_is_heard() -> None:
    sound = placed((0.0, frame(RATE_HZ)), (0.75, frame(RATE_HZ // 2, level=0.2)))
    assert sound.shape[1] == pytest.approx(1.25 * RATE_HZ, abs=50)
    at = [float(sound[0, int(second * RATE_HZ)]) for second in (0.5, 0.95, 1.1)]
    assert at == pytest.approx([0.5, 0.5, 0.2], abs=0.02)


def test_rate_and_layout_may_change_on_the_way() -> None:
    sound = placed(
        (0.0, frame(22_050, rate=22_050, layout="mono")),
        (1.0, frame(RATE_HZ, layout="5.1")),
        (2.0, frame(44_100, rate=44_100)),
    )
    assert sound.shape[1] == pytest.approx(3 * RATE_HZ, abs=200)
    assert all(float(np.abs(sound[:, int(second * RATE_HZ)]).min()) > 0.2 for second in (0.5, 1.5, 2.5))


def test_a_limit_holds_for_any_time_stamp() -> None:
    assert placed((0.0, frame(100)), (1e6, frame(100)), limit_s=2.0).shape[1] == 2 * RATE_HZ


def test_what_is_no_number_is_silence() -> None:
    sound = placed((0.0, frame(RATE_HZ, level=float("nan"))))
    assert np.isfinite(sound).all()


@pytest.mark.parametrize("level", [0.01, 0.1, 0.7])
def test_the_meter_knows_a_sine(level: float) -> None:
    meter = Meter()
    meter.add(tone(3.0, level))
    found = meter.finish()
    assert found.integrated_lufs == pytest.approx(20 * np.log10(level), abs=0.2)
    assert found.true_peak_dbfs == pytest.approx(20 * np.log10(level), abs=0.3)


@pytest.mark.parametrize("seconds", [0.0, 0.1, 2.0])
def test_silence_and_a_click_have_no_loudness_and_get_no_gain(seconds: float) -> None:
    meter = Meter()
    meter.add(np.zeros((2, round(seconds * RATE_HZ)), dtype=np.float32))
    found = meter.finish()
    assert found.integrated_lufs is None
    assert found.gain_db == 0.0


def test_no_peak_gets_over_the_ceiling_and_nothing_is_lost() -> None:
    leveller = Leveller(20.0)
    sound = tone(2.0, 0.5)
    levelled = joined([*leveller.level(sound), *leveller.end()])
    assert levelled.shape == sound.shape
    assert 20 * np.log10(np.abs(levelled).max()) <= CEILING_DBFS + 0.05
