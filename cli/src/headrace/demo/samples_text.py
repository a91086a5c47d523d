"""Speech, a table and a document for the demo and the tests, made on the spot and the same each time."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from headrace.demo.samples import SampleMissingError
from headrace_contracts.catalogue.text_to_speech import TextToSpeech

#: What ``speech_wav`` says.
SPOKEN: Final = (
    "Good morning. This is the turbine house. The water is high today, and all three wheels are turning. "
    "Please open the second gate at noon."
)

#: What ``csv_100k`` holds.
CSV_ROWS: Final = 100_000
CSV_STATIONS: Final = ("weir", "intake", "canal", "penstock", "tailrace")

#: What ``pdf`` holds: a title, and each page's heading and paragraphs.
PDF_TITLE: Final = "Yearly report of the water turbine"
PDF_PAGES: Final = (
    (
        "1. The water",
        (
            "The headrace is an open channel of four hundred metres that leads the water of the river to the turbine. "
            "In spring the snow of the mountains melts, and the water in the channel rises for six weeks. "
            "In the dry months the turbine gets a third of that water and runs at night only."
        ),
        (
            "A gauge at the weir measures the flow every minute. The figures of the year are in the appendix, which is "
            "a table of one hundred thousand rows."
        ),
    ),
    (
        "2. The turbine",
        (
            "The turbine ran for seven thousand hours and stood still for five days. "
            "Its bearings were changed in October, because the vibration of the shaft had grown since the summer. "
            "After the repair the turbine gave four percent more power from the same flow of water."
        ),
    ),
    (
        "3. Next year",
        (
            "The second gate of the channel leaks and will be replaced before the spring. "
            "We propose a finer rake in front of the turbine, as leaves reach the wheel in autumn. "
            "With both changes the turbine should run without a stop from March to November."
        ),
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Quiet:
    """A handler's context that only says where to write."""

    folder: Path
    job_id: str = "sample"
    attempt: int = 1
    cancelled: bool = False

    def progress(self, percent: float, message: str = "") -> None:
        """Nobody watches."""

    def log(self, line: str) -> None:
        """Nobody reads."""

    def output_path(self, filename: str) -> Path:
        return self.folder / filename.replace("output", "speech")

    def extra_path(self, filename: str) -> Path:
        return self.folder / filename


def speech_wav(folder: Path) -> Path:
    """``SPOKEN`` read aloud: about nine seconds of WAV, 24 kHz mono. Raises ``SampleMissingError``."""
    from headrace_agent.handlers import text_to_speech  # noqa: PLC0415  # an extra: the other samples do without

    if (missing := text_to_speech.HANDLER.missing()) is not None:
        raise SampleMissingError(f"the sample recording {missing}")
    payload = TextToSpeech(text=SPOKEN)
    text_to_speech.HANDLER.run(payload, None, _Quiet(folder=folder))
    return folder / "speech.wav"


def csv_rows() -> Iterator[tuple[int, str, str, int, float, str]]:
    """``(id, station, time, flow in litres a second, temperature in °C, remark)``, ``CSV_ROWS`` times."""
    start = datetime(2025, 1, 1, tzinfo=UTC)
    for n in range(CSV_ROWS):
        time = (start + timedelta(minutes=5 * n)).strftime("%Y-%m-%d %H:%M:%S")
        flow = 400 + (n * 7919) % 601  # 400 to 1,000 in an order that looks like noise
        yield n, CSV_STATIONS[n % 5], time, flow, round(4 + (n % 1440) / 100, 2), "" if n % 50 else "checked"


def csv_100k(folder: Path) -> Path:
    """A year of readings at five stations: ``readings.csv`` with 100,000 rows, 4.7 MB."""
    path = folder / "readings.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "station", "time", "flow_l_s", "temperature_c", "remark"))
        writer.writerows(csv_rows())
    return path


def pdf(folder: Path) -> Path:
    """A report of three pages, A4: ``report.pdf``. Raises ``SampleMissingError``."""
    try:
        from reportlab.lib.pagesizes import A4  # noqa: PLC0415  # an extra: the other samples do without
        from reportlab.lib.styles import getSampleStyleSheet  # noqa: PLC0415  # as above
        from reportlab.platypus import (  # noqa: PLC0415  # as above
            Flowable,
            PageBreak,
            Paragraph,
            SimpleDocTemplate,
            Spacer,
        )
    except ImportError as error:
        raise SampleMissingError("the sample document needs reportlab: install headrace[demo]") from error

    styles = getSampleStyleSheet()
    story: list[Flowable] = [Paragraph(PDF_TITLE, styles["Title"]), Spacer(1, 12)]
    for number, (heading, *paragraphs) in enumerate(PDF_PAGES):
        if number:
            story.append(PageBreak())
        story.append(Paragraph(heading, styles["Heading1"]))
        for paragraph in paragraphs:
            story += [Paragraph(paragraph, styles["BodyText"]), Spacer(1, 6)]
    path = folder / "report.pdf"
    # invariant leaves the clock out of the file.
    SimpleDocTemplate(str(path), pagesize=A4, title=PDF_TITLE, author="The turbine house", invariant=1).build(
        story
    )
    return path
