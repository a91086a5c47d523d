"""Jobs that an agent runs: their end, their files, what they wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.integration.cli.client.conftest import Caller
from tests.support.waiting import until

from headrace.client.errors import ConflictError, JobFailedError, NotFoundError

pytestmark = pytest.mark.usefixtures("agent")

TABLE = b"name,score\n" + b"ada,3\n" * 100_000


async def test_a_result_is_waited_for(call: Caller) -> None:
    made = await call("submit", "text-generation", "hello", payload={"seed": 7})
    seen: list[Any] = []
    job = await call("wait", made.job_id, timeout_s=60, on_look=seen.append)
    assert (job.status, job.result, job.progress) == ("completed", {"text": "hello", "seed": 7}, 100)
    assert (job.miner_id, job.attempt) == ("client-tests", 1)
    assert seen[-1] == job
    (attempt,) = await call("attempts", made.job_id)
    assert (attempt.number, attempt.miner_id, attempt.outcome) == (1, "client-tests", "completed")
    with pytest.raises(ConflictError):
        await call("cancel", made.job_id)


async def test_progress_is_heard_while_it_waits(call: Caller, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    made = await call("submit", "text-generation", f"gate {gate}")
    seen: list[Any] = []

    def look(job: Any) -> None:
        seen.append((job.status, job.progress, job.progress_message))
        if job.progress == 50:
            gate.touch()

    job = await call("wait", made.job_id, timeout_s=60, on_look=look)
    assert job.status == "completed"
    assert ("running", 50, "at the gate") in seen


async def test_a_failure_is_an_error_unless_it_is_not_wished(call: Caller) -> None:
    made = await call("submit", "text-generation", "fail out of ink")
    with pytest.raises(JobFailedError, match=r"failed: .*out of ink") as refusal:
        await call("wait", made.job_id, timeout_s=60)
    job = await call("wait", made.job_id, check=False)
    assert job == refusal.value.job
    assert "out of ink" in job.failure.reason
    with pytest.raises(ConflictError):
        await call("download", made.job_id)


async def test_what_a_job_wrote_is_read_in_pieces(call: Caller) -> None:
    made = await call("submit", "text-generation", "print")
    await call("wait", made.job_id, timeout_s=60)

    async def whole() -> Any:
        logs = await call("logs", made.job_id)
        return logs if {line.stream for line in logs.lines} == {"stdout", "stderr"} else None

    logs = await until(whole, what="the output")
    assert "".join(line.text for line in logs.lines if line.stream == "stdout") == "line 0\nline 1\nline 2\n"
    errors = await call("logs", made.job_id, stream="stderr")
    assert "".join(line.text for line in errors.lines) == "a warning\n"
    first = await call("logs", made.job_id, limit=1)
    rest = await call("logs", made.job_id, after=first.next_after)
    assert [*first.lines, *rest.lines] == logs.lines
    assert (first.has_more, rest.has_more) == (True, False)
    assert (await call("logs", made.job_id, after=rest.next_after)).lines == []


async def test_files_are_fetched_under_their_names_or_another(call: Caller, tmp_path: Path) -> None:
    source, folder = tmp_path / "table.csv", tmp_path / "results"
    source.write_bytes(TABLE)
    folder.mkdir()
    made = await call("submit", "data-processing", file=source)
    job = await call("wait", made.job_id, timeout_s=60)
    assert (job.result_file.name, job.result_file.size) == ("copy.csv", len(TABLE))
    assert [file.name for file in job.extra_files] == ["loud.csv"]

    moved: list[tuple[int, int | None]] = []
    saved = await call("download", made.job_id, folder, on_bytes=lambda *at: moved.append(at))
    assert saved == folder / "copy.csv"
    assert saved.read_bytes() == TABLE
    assert moved[-1] == (len(TABLE), len(TABLE))
    other = await call("download", made.job_id, folder / "mine.csv", file="loud.csv")
    assert other.read_bytes() == TABLE.upper()
    with pytest.raises(NotFoundError, match=r"there are: copy.csv, loud.csv"):
        await call("download", made.job_id, folder, file="none.csv")
    with pytest.raises(FileNotFoundError, match="no such folder"):
        await call("download", made.job_id, tmp_path / "none" / "x.csv")
    assert sorted(path.name for path in folder.iterdir()) == ["copy.csv", "mine.csv"]


async def test_a_result_without_a_file_is_saved_as_json(call: Caller, tmp_path: Path) -> None:
    made = await call("submit", "text-generation", "hello")
    await call("wait", made.job_id, timeout_s=60)
    saved = await call("download", made.job_id, tmp_path)
    assert saved.name == f"{made.job_id}.json"
    assert saved.read_bytes() == b'{"text":"hello","seed":null}'


async def test_a_download_that_is_given_up_leaves_nothing(call: Caller, tmp_path: Path) -> None:
    source, folder = tmp_path / "table.csv", tmp_path / "results"
    source.write_bytes(TABLE)
    folder.mkdir()
    kept = folder / "copy.csv"
    kept.write_text("as before")
    made = await call("submit", "data-processing", file=source)
    await call("wait", made.job_id, timeout_s=60)

    class GivenUpError(Exception):
        pass

    def give_up(_done: int, _total: int | None) -> None:
        raise GivenUpError

    with pytest.raises(GivenUpError):
        await call("download", made.job_id, folder, on_bytes=give_up)
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("copy.csv", "as before")]
