from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from headrace_runtime import logs
from headrace_runtime.logs import ConsoleFormatter, JsonFormatter, job_context, scrub


def record(message: str = "job done", **extra: Any) -> logging.LogRecord:
    made = logging.LogRecord("headrace.test", logging.INFO, __file__, 1, message, None, None)
    vars(made).update(extra)
    return made


def as_json(made: logging.LogRecord) -> dict[str, Any]:
    line = JsonFormatter("headrace-test").format(made)
    assert "\n" not in line
    decoded: dict[str, Any] = json.loads(line)
    return decoded


def test_a_json_line_has_action_job_and_trace() -> None:
    mark = logs.trace_ids.set(("a" * 32, "b" * 16))
    try:
        with job_context("job-7"):
            line = as_json(record(action="job.done", seconds=1.5))
    finally:
        logs.trace_ids.reset(mark)
    assert line["message"] == "job done"
    assert line["level"] == "info"
    assert line["service"] == "headrace-test"
    assert line["time"].endswith("Z")
    assert (line["action"], line["seconds"]) == ("job.done", 1.5)
    assert (line["job_id"], line["trace_id"], line["span_id"]) == ("job-7", "a" * 32, "b" * 16)


def test_outside_of_a_job_there_is_no_job_field() -> None:
    assert "job_id" not in as_json(record())


@pytest.mark.parametrize("formatter", [JsonFormatter("s"), ConsoleFormatter("s")])
@pytest.mark.parametrize(
    "made",
    [
        record("connecting to nats://ann:hush@bus:4222"),
        record("header Authorization: Bearer hush-0123456789"),
        record(claim_token="hush"),
        record(request={"headers": {"authorization": "hush"}, "api_key": "hush"}),
        record(url="postgresql://ann:hush@db/headrace"),
    ],
)
def test_no_secret_is_written(formatter: logging.Formatter, made: logging.LogRecord) -> None:
    line = formatter.format(made)
    assert "hush" not in line
    assert "[hidden]" in line


def test_scrub_leaves_harmless_text_alone() -> None:
    text = "see https://example.org/a@b and the basic idea: 5:30@home"
    assert scrub(text) == text


@pytest.mark.parametrize("formatter", [JsonFormatter("s"), ConsoleFormatter("s")])
def test_a_record_with_a_traceback_is_one_line(formatter: logging.Formatter) -> None:
    try:
        int("first\nsecond")
    except ValueError as error:
        made = record("two\nlines")
        made.exc_info = (type(error), error, error.__traceback__)
    line = formatter.format(made)
    assert "\n" not in line
    assert "ValueError" in line


def test_fields_that_json_does_not_know_are_written_as_text() -> None:
    line = as_json(record(kinds={"a"}, where=object, nested={1: [b"x"]}))
    assert line["kinds"] == ["a"]
    assert line["nested"] == {"1": ["b'x'"]}
