"""A chaos run from its start to its report."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console

from headrace.chaos.actions import count_actions
from headrace.chaos.checker.check import check
from headrace.chaos.checker.evidence import read_evidence
from headrace.chaos.drain import drained
from headrace.chaos.faults.play import play
from headrace.chaos.figures import figures_of
from headrace.chaos.load.receiver import Receiver, receiving
from headrace.chaos.load.steady import offer, open_client
from headrace.chaos.notes.book import NoteBooks, Pen
from headrace.chaos.options import ChaosOptions
from headrace.chaos.record.read import install_audit, read_snapshot
from headrace.chaos.record.rows import Snapshot
from headrace.chaos.report import Report, broken, print_report, repairs_of
from headrace.chaos.site.site import Site, standing_site
from headrace.chaos.sweep import sweep
from headrace.cli.reporters import LineReporter
from headrace.embedded.layout import StateDir
from headrace_store.blobs.s3 import S3Blobs, open_blobs
from headrace_store.blobs.settings import S3Settings

_READY_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Aftermath:
    """What a run leaves: the record, processes that did not come back, and ends that no fault explains."""

    record: Snapshot
    down: list[str]
    deaths: list[str]
    #: Files that the sweep removed.
    swept: int


async def run_chaos(options: ChaosOptions, console: Console) -> Report:
    """Run it and print everything.

    Raises ProgramFailedError when the stack does not start, ValueError for an unknown kind of fault, and
    AlreadyRunningError for a folder that is in use. Everything is stopped in any case, also when the task is
    cancelled.
    """
    began = time.monotonic()
    options.schedule()  # an unknown kind is told before anything starts
    with _folder(options, console) as folder:
        books = NoteBooks(folder=folder / "notes")
        books.folder.mkdir(parents=True, exist_ok=True)
        where = StateDir.at(folder / "stack")
        after = await _played(options, where, books, console)
        evidence = read_evidence(books, after.record, down=after.down)
        violations = check(evidence)
        actions = count_actions(where.logs)
        report = Report(
            ok=not violations,
            seed=options.seed,
            minutes=options.minutes,
            rate=options.rate,
            seconds=round(time.monotonic() - began, 1),
            again=options.again,
            figures=figures_of(
                evidence, rules=Counter(each.rule for each in violations), orphans=after.swept
            ),
            repairs=repairs_of(actions),
            actions=dict(sorted(actions.items())),
            deaths=after.deaths,
            violations=broken(violations),
        )
        print_report(report, console)
        if options.report is not None:
            options.report.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
        return report


async def _played(options: ChaosOptions, where: StateDir, books: NoteBooks, console: Console) -> Aftermath:
    """The run itself; the stack is down again when this returns."""
    reporter = LineReporter(console)
    async with AsyncExitStack() as held:
        site = await held.enter_async_context(
            standing_site(where, books, store_bytes=options.store_bytes, reporter=reporter)
        )
        reporter.note(f"starting a stack in {where.root}")
        await site.start(reporter, before_services=lambda: install_audit(site.programs.postgres.url))
        receiver = await held.enter_async_context(
            receiving(site.secrets.webhook_secret, books, seed=options.seed)
        )
        await _under_load(options, site, receiver, books, reporter)
        blobs = await held.enter_async_context(open_blobs(_s3(site)))
        return await _afterwards(options, site, blobs, reporter)


async def _under_load(
    options: ChaosOptions, site: Site, receiver: Receiver, books: NoteBooks, reporter: LineReporter
) -> None:
    faults = options.schedule()
    reporter.note(
        f"{options.rate:g} jobs/s for {options.minutes:g} min, {len(faults)} faults, seed {options.seed}"
    )
    pen = Pen(books.faults)
    try:
        async with (
            open_client(site, books, webhook_url=receiver.url) as client,
            asyncio.TaskGroup() as group,
        ):
            group.create_task(play(site, faults, pen=pen, say=reporter.note))
            await offer(client, seed=options.seed, rate=options.rate, lasts_s=options.minutes * 60)
    finally:
        pen.close()
    receiver.kind = True


async def _afterwards(options: ChaosOptions, site: Site, blobs: S3Blobs, reporter: LineReporter) -> Aftermath:
    """Let it recover by itself, then read what it made of the load."""
    reporter.note("the load and the faults are over; waiting until all is done")
    down = await site.not_ready(within_s=_READY_S)
    url = site.programs.postgres.url
    if not await drained(url, within_s=options.drain_s, say=reporter.note):
        reporter.note(f"not everything was done within {options.drain_s:g} s")
    swept = await sweep(url, blobs)
    return Aftermath(
        record=await read_snapshot(url, blobs), down=down, deaths=site.deaths, swept=len(swept.orphans)
    )


def _s3(site: Site) -> S3Settings:
    s3 = site.programs.s3
    return S3Settings(
        endpoint_url=s3.url,
        access_key=s3.access_key,
        secret_key=s3.secret_key,
        bucket=s3.bucket,
        region=s3.region,
    )


@contextmanager
def _folder(options: ChaosOptions, console: Console) -> Iterator[Path]:
    if options.state_dir is not None:
        path = options.state_dir.expanduser().absolute()
        path.mkdir(parents=True, exist_ok=True)
        yield path
        return
    path = Path(tempfile.mkdtemp(prefix="headrace-chaos-"))
    try:
        yield path
    finally:
        if options.keep:
            console.print(f"kept: {path}", highlight=False, soft_wrap=True)
        else:
            shutil.rmtree(path, ignore_errors=True)
