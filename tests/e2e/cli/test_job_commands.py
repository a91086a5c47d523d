"""The commands about jobs, as a user types them: on a real stack, with an agent."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.live_stack import LiveStack

TABLE = "name,score\nada,3\n"


@pytest.fixture
def run(stack: LiveStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``run("submit", ...)`` in a folder of the test's own, through pipes that claim to be 80 columns wide."""
    monkeypatch.chdir(tmp_path)
    stack.commands.env["COLUMNS"] = "80"
    return stack.commands.run


def only_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    return line


def test_a_job_is_submitted_and_its_result_printed(run: Any) -> None:
    done = run("submit", "text-generation", "hello", "-p", '{"seed": 7}', "--wait")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"text": "hello", "seed": 7}
    assert done.stderr.startswith("job_"), "its id, where it is in nobody's way"


def test_json_is_for_programs(run: Any) -> None:
    done = run("submit", "text-generation", "hello", "--wait", "--json")
    job = json.loads(only_line(done))
    assert (job["status"], job["result"]["text"], done.stderr) == ("completed", "hello", "")
    submitted = json.loads(only_line(run("submit", "text-generation", "hello", "--json")))
    assert submitted["status"] == "queued"
    watched = json.loads(only_line(run("watch", submitted["job_id"], "--json")))
    assert watched["job_id"] == submitted["job_id"]
    listed = json.loads(only_line(run("jobs", "--json", "-n", "2")))
    assert [each["job_id"] for each in listed["jobs"]] == [submitted["job_id"], job["job_id"]]


def test_a_file_goes_there_and_its_result_comes_back(run: Any, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(TABLE)
    done = run("submit", "data-processing", "--file", "table.csv", "--wait")
    assert done.returncode == 0, done.stderr
    job_id, copy, loud = done.stderr.splitlines()
    assert copy == f"copy.csv (17 bytes): headrace download {job_id}"
    assert loud == f"loud.csv (17 bytes): headrace download {job_id} --file loud.csv"

    saved = only_line(run("download", job_id))
    assert Path(saved) == tmp_path / "copy.csv"
    assert Path(saved).read_text() == TABLE
    assert only_line(run("download", job_id, "--file", "loud.csv", "-o", "mine.csv")) == "mine.csv"
    assert (tmp_path / "mine.csv").read_text() == TABLE.upper()
    nowhere = run("download", job_id, "-o", "none/x.csv")
    assert (nowhere.returncode, nowhere.stdout) == (1, "")
    assert nowhere.stderr == "headrace: [Errno 2] There is no such folder: 'none'\n"


def test_a_failure_is_told_and_is_a_status(run: Any) -> None:
    done = run("submit", "text-generation", "fail out of ink", "--wait")
    job_id, told = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert told.startswith(f"headrace: job {job_id} failed: ")
    assert "out of ink" in told
    assert run("watch", job_id).returncode == 1
    refused = run("download", job_id)
    assert (refused.returncode, refused.stderr) == (1, "headrace: This job has no result: it is failed\n")


def test_what_a_job_wrote_is_shown_as_it_wrote_it(run: Any, tmp_path: Path) -> None:
    job_id = only_line(run("submit", "text-generation", "print"))
    followed = run("logs", job_id, "--follow")
    assert (followed.returncode, followed.stdout) == (0, "line 0\nline 1\nline 2\n"), followed.stderr
    assert followed.stderr == "a warning\n"
    whole = run("logs", job_id)
    assert (whole.stdout, whole.stderr) == (followed.stdout, followed.stderr)
    agent = run("logs", "agent-1", "-n", "1")
    assert (agent.returncode, len(agent.stdout.splitlines())) == (0, 1)


def test_a_job_that_runs_is_seen_and_cancelled(run: Any, tmp_path: Path) -> None:
    job_id = only_line(run("submit", "text-generation", f"gate {tmp_path / 'gate'}"))
    late = run("watch", job_id, "--timeout", "1")
    assert (late.returncode, late.stdout) == (1, "")
    assert f"job {job_id} had not ended after 1 s" in late.stderr
    assert only_line(run("cancel", job_id)) == f"{job_id} cancelled"
    assert only_line(run("cancel", job_id)) == f"{job_id} cancelled"
    watched = run("watch", job_id)
    assert (watched.returncode, watched.stderr) == (1, f"headrace: job {job_id} cancelled\n")


#: The command as a terminal starts it. What a shell starts in the background, such as a run of these tests, ignores
#: SIGINT, and its children inherit that.
_LISTENING = (
    "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    " runpy.run_module('headrace', run_name='__main__', alter_sys=True)"
)


def test_ctrl_c_ends_the_command_and_not_the_job(run: Any, stack: LiveStack, tmp_path: Path) -> None:
    job_id = only_line(run("submit", "text-generation", f"gate {tmp_path / 'gate'}"))
    follow = [sys.executable, "-c", _LISTENING, "logs", job_id, "-f", "--state-dir", str(stack.state_dir)]
    with subprocess.Popen(follow, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "before the gate\n"
            process.send_signal(signal.SIGINT)
            out, errors = process.communicate(timeout=30)
        finally:
            process.kill()  # no effect on one that has ended
    assert (process.returncode, out, errors) == (130, "", "")
    (tmp_path / "gate").touch()
    assert run("watch", job_id).returncode == 0


def test_a_list_has_one_line_a_job_however_narrow(run: Any) -> None:
    failed = run("submit", "text-generation", f"fail {'a long story ' * 20}", "--wait").stderr.splitlines()[0]
    waiting = only_line(run("submit", "text-to-speech", "nobody serves this"))
    done = run("jobs")
    assert done.returncode == 0, done.stderr
    head, first, second, *_ = done.stdout.splitlines()
    assert head.split() == ["job", "status", "created", "model", "agent"]
    assert first.split()[:2] == [waiting, "queued"]
    assert second.split()[:2] == [failed, "failed"]
    assert "a long story a long story" in second
    assert all(line.startswith("job") for line in done.stdout.splitlines())
    few = run("jobs", "-n", "1", "--status", "failed")
    assert few.stdout.splitlines()[1].startswith(failed)
    assert few.stderr.startswith("1 of ")
    none = run("jobs", "--model", "speech-to-text")
    assert (none.returncode, none.stdout, none.stderr) == (0, "", "no such jobs\n")
    run("cancel", waiting)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["submit", "none", "hello"], "headrace: model: Unknown model: none"),
        (["submit", "text-generation", "x", "-p", '{"seed": -1}'], "headrace: payload.seed: "),
        (["submit", "text-generation", "x", "--key", "hr_live_wrong"], "headrace: Invalid API key"),
        (
            ["jobs", "--url", "localhost:1", "--key", "k"],
            "headrace: the address 'localhost:1' must begin with",
        ),
        (["jobs", "--status", "happy"], "headrace: status"),
        (["watch", "job_none"], "headrace: Job not found"),
        (["logs", "job_none"], "headrace: Job not found"),
        (["cancel", "job_none"], "headrace: Job not found"),
        (["download", "job_none"], "headrace: Job not found"),
    ],
)
def test_a_refusal_is_one_sentence(run: Any, arguments: list[str], told: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(told)
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["submit", "text-generation", "-p", "{"],
        ["submit", "text-generation", "-p", "[]"],
        ["submit", "text-generation", "--file", "none.csv"],
        ["submit", "text-generation", "text", "--file", __file__],
        ["jobs", "-n", "0"],
    ],
)
def test_what_is_typed_wrong_is_told_before_anything_is_sent(run: Any, arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage: " in done.stderr


def test_a_stack_that_is_not_there_is_missed(stack: LiveStack, tmp_path: Path) -> None:
    commands = stack.commands
    nowhere = type(commands)(state_dir=tmp_path / "none", wishes=tmp_path, env=commands.env)
    done = nowhere.run("jobs")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"headrace: no stack runs in {tmp_path / 'none'}: start one with `headrace up`, "
        "or give --url and --key (HEADRACE_API_URL and HEADRACE_API_KEY)\n"
    )
    dead = nowhere.run("jobs", "--url", "http://127.0.0.1:9", "--key", "k")
    assert (dead.returncode, dead.stdout) == (1, "")
    assert dead.stderr.startswith("headrace: no answer from http://127.0.0.1:9")
    keyless = nowhere.run("jobs", "--url", "http://127.0.0.1:9")
    assert "HEADRACE_API_KEY" in keyless.stderr
