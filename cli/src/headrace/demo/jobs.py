"""The jobs of the demo: real input, a known answer, and for three of them a fate of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from headrace.demo import samples, samples_text
from headrace_contracts.jobs.priority import Priority


class Fate(StrEnum):
    """What the demo does to a job, or what is wrong with it from the start."""

    COMPLETES = "completes"
    #: Its input is damaged, which shows only while it runs.
    FAILS = "fails"
    #: Cancelled by its client while it runs.
    CANCELLED = "is cancelled"
    #: Its agent is killed while it runs; another one finishes it. Submitted when all others have ended, so that the
    #: time which that takes is that of the lease, and not of a queue.
    SURVIVES = "survives"


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoJob:
    """One job. ``sample`` makes its input file in a folder; ``input_from`` is the key of the job whose result file is
    the input.
    """

    key: str
    model: str
    title: str
    priority: Priority = Priority.NORMAL
    payload: Mapping[str, Any] = field(default_factory=dict)
    sample: Callable[[Path], Path] | None = None
    input_from: str | None = None
    fate: Fate = Fate.COMPLETES
    #: Through which API it goes; those that are not radiance's are the second act.
    dialect: str = "radiance"


def _broken_photo(folder: Path) -> Path:
    """The first third of a photo: it begins as a PNG must, and is let in."""
    whole = samples.coffee_photo().read_bytes()
    path = folder / "broken.png"
    path.write_bytes(whole[: len(whole) // 3])
    return path


def _cat(_folder: Path) -> Path:
    return samples.cat_photo()


def _street(_folder: Path) -> Path:
    return samples.street_video()


_WRITE: Final = "Write a long story about a miller, a river and an old water wheel."
#: A small model that is to go on counting finds no end.
_COUNT_FOR_EVER: Final = {
    "prompt": " ".join(map(str, range(1, 40))),
    "max_tokens": 4096,
    "temperature": 0.0,
    "repetition_penalty": 1.0,
    "raw": True,
}
#: 10,000 million pairs of rows: a query that runs for long.
_SLOW_SQL: Final = "SELECT sum(sqrt(a.flow_l_s * b.temperature_c)) AS total FROM data a, data b"

#: In the order in which they are submitted. Of two with the same key, the first whose model is installed counts.
JOBS: Final[tuple[DemoJob, ...]] = (
    DemoJob(
        key="mesh",
        model="3d-model-analysis",
        title="measure an airplane (GLB)",
        priority=Priority.LOW,
        payload={"units": "m"},
        sample=samples.mesh,
    ),
    DemoJob(
        key="speech",
        model="text-to-speech",
        title="read a text aloud",
        priority=Priority.HIGH,
        payload={"text": samples_text.SPOKEN},
    ),
    DemoJob(
        key="table",
        model="data-processing",
        title="count 100,000 rows (CSV)",
        payload={
            "group_by": ["station"],
            "aggregates": [{"function": "count"}, {"function": "mean", "column": "flow_l_s"}],
            "sort_by": "station",
        },
        sample=samples_text.csv_100k,
    ),
    DemoJob(
        key="video",
        model="video-analysis",
        title="watch a street (MP4)",
        priority=Priority.LOW,
        sample=_street,
    ),
    DemoJob(
        key="photo",
        model="image-classification",
        title="what is on this photo?",
        priority=Priority.URGENT,
        payload={"top_k": 3},
        sample=_cat,
    ),
    DemoJob(key="document", model="document-analysis", title="read a report (PDF)", sample=samples_text.pdf),
    DemoJob(
        key="painting",
        model="image-generation",
        title="paint a picture",
        priority=Priority.LOW,
        payload={"prompt": "a river in the mountains at sunset, with a forest", "seed": 3},
    ),
    DemoJob(
        key="objects",
        model="object-detection",
        title="find things in a photo",
        payload={"annotate": True},
        sample=samples.street_photo,
    ),
    DemoJob(
        key="answer",
        model="text-generation",
        title="answer a question",
        payload={"prompt": "What is the capital of France?", "max_tokens": 40, "temperature": 0.0, "seed": 1},
    ),
    DemoJob(
        key="broken",
        model="image-classification",
        title="a photo cut short: fails",
        priority=Priority.HIGH,
        payload={"top_k": 1},
        sample=_broken_photo,
        fate=Fate.FAILS,
    ),
    DemoJob(
        key="broken",
        model="data-processing",
        title="a mistake in SQL: fails",
        priority=Priority.HIGH,
        payload={"sql": "SELECT no_such_column FROM data"},
        sample=samples_text.csv_100k,
        fate=Fate.FAILS,
    ),
    DemoJob(
        key="cancelled",
        model="text-generation",
        title="count on; is cancelled",
        priority=Priority.LOW,
        payload=_COUNT_FOR_EVER,
        fate=Fate.CANCELLED,
    ),
    DemoJob(
        key="cancelled",
        model="data-processing",
        title="slow query; is cancelled",
        priority=Priority.LOW,
        payload={"sql": _SLOW_SQL, "stats": False},
        sample=samples_text.csv_100k,
        fate=Fate.CANCELLED,
    ),
    DemoJob(
        key="transcript",
        model="speech-to-text",
        title="write down what was read",
        priority=Priority.URGENT,
        input_from="speech",
    ),
    DemoJob(
        key="killed",
        model="text-generation",
        title="a story; agent is killed",
        priority=Priority.URGENT,
        payload={"prompt": _WRITE, "max_tokens": 120, "seed": 7},
        fate=Fate.SURVIVES,
    ),
    DemoJob(
        key="killed",
        model="data-processing",
        title="a query; agent is killed",
        priority=Priority.URGENT,
        payload={"sql": f"{_SLOW_SQL} WHERE a.id < 10000", "stats": False},
        sample=samples_text.csv_100k,
        fate=Fate.SURVIVES,
    ),
)
