"""Small decisions: slots, workers, models, settings, reasons."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from headrace_agent.cli import overrides
from headrace_agent.executors.handler.crash import crash_reason
from headrace_agent.executors.handler.pool import choose
from headrace_agent.executors.handler.process import worker_environ
from headrace_agent.models import UnknownModelError, choose_models
from headrace_agent.settings import AgentSettings
from headrace_agent.slots import Slots
from headrace_contracts.limits import REASON_CHARS
from headrace_runtime.settings import load


async def test_a_finished_job_frees_its_slot_but_no_more_than_twice_are_held() -> None:
    slots = Slots(4)
    freed: list[int] = []
    slots.on_free = lambda: freed.append(slots.free)
    slots.take(4)
    assert slots.free == 0
    slots.finish(4)
    assert slots.free == 4
    slots.take(4)
    slots.finish(4)
    assert (slots.free, slots.held) == (0, 8)
    slots.settle(3)
    assert slots.free == 3
    slots.settle(5)
    assert (slots.free, slots.held) == (4, 0)
    assert freed == [4, 0, 3, 4]
    await slots.wait_empty()


def test_an_agent_needs_a_slot() -> None:
    with pytest.raises(ValueError, match="at least 1 slot"):
        Slots(0)


@dataclass
class Idle:
    models: set[str] = field(default_factory=set)


@pytest.mark.parametrize(
    ("idle", "may_start", "chosen"),
    [
        ([], True, None),
        ([], False, None),
        ([{"b"}, {"a"}, set()], True, 1),
        ([{"a"}, {"a"}], True, 1),
        ([{"b"}, set()], True, 1),
        ([{"b"}, {"c"}], True, None),
        ([{"b"}, {"c"}], False, 0),
    ],
)
def test_the_worker_for_model_a(idle: list[set[str]], may_start: bool, chosen: int | None) -> None:
    assert choose([Idle(models) for models in idle], "a", may_start=may_start) == chosen


def test_models_are_those_installed_narrowed_to_those_wanted() -> None:
    everything = choose_models(["a", "b"], {"c": "needs x"}, wanted=(), noop=True)
    assert everything.all == ["a", "b", "noop"]
    assert everything.inline == {"noop"}
    assert choose_models(["a", "b", "noop"], {}, wanted=(), noop=False).all == ["a", "b"]
    assert choose_models(["a", "b"], {}, wanted=("b",), noop=True).all == ["b"]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [("c", "needs x"), ("zzz", "not in the catalogue"), ("noop", "HEADRACE_ENABLE_NOOP=true")],
)
def test_a_wanted_model_that_is_not_there_says_why(wanted: str, words: str) -> None:
    with pytest.raises(UnknownModelError, match=words):
        choose_models(["a"], {"c": "needs x"}, wanted=("a", wanted), noop=False)


def test_a_worker_does_not_inherit_the_logins_of_the_agent() -> None:
    environ = {
        "PATH": "/bin",
        "HEADRACE_WHISPER_MODEL": "x",
        "HEADRACE_TEXT_CONTEXT_TOKENS": "4096",
        **dict.fromkeys(
            ("HEADRACE_NATS_PASSWORD", "HEADRACE_NATS_URL", "HEADRACE_AGENT_TOKEN", "HEADRACE_RADIANCE_AGENT_TOKEN",
             "HEADRACE_POSTGRES_URL", "HEADRACE_S3_SECRET_KEY", "HEADRACE_SECRET_KEY", "HEADRACE_WEBHOOK_SECRET",
             "HEADRACE_PROVISION", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"),
            "secret",
        ),
    }  # fmt: skip
    found = worker_environ(environ)
    assert "secret" not in found.values()
    assert found["PATH"] == "/bin"
    assert found["HEADRACE_WHISPER_MODEL"] == "x"
    assert found["HEADRACE_TEXT_CONTEXT_TOKENS"] == "4096"


@pytest.mark.parametrize(
    ("returncode", "tail", "words"),
    [
        (3, b"", "exit status 3; it had printed nothing"),
        (-11, b"a\nb\n", "SIGSEGV; its last output:\na\nb"),
        (-9, b"x", "SIGKILL (most likely out of memory); its last output:\nx"),
        (None, b"", "did not end"),
    ],
)
def test_crash_reasons(returncode: int | None, tail: bytes, words: str) -> None:
    assert words in crash_reason(returncode, tail)


def test_a_crash_reason_is_bounded_and_shows_the_end() -> None:
    reason = crash_reason(1, b"\xff\x00line\n" * 5000 + b"the end")
    assert len(reason) <= REASON_CHARS
    assert reason.endswith("the end")
    assert "\0" not in reason


def test_flags_become_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    found = overrides(["--slots", "3", "--models", "a, b", "--id", "me", "--transport", "rest"])
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    settings = load(AgentSettings)
    assert settings.agent_slots == 3
    assert settings.agent_models == ("a", "b")
    assert settings.agent_id == "me"
    assert settings.agent_transport == "rest"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HEADRACE_AGENT_SLOTS", "0"),
        ("HEADRACE_AGENT_PLATFORM", "windows"),
        ("HEADRACE_AGENT_TRANSPORT", "pigeon"),
        ("HEADRACE_AGENT_API_URL", "ftp://x"),
        ("HEADRACE_AGENT_ID", "a\nb"),
    ],
)
def test_a_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        load(AgentSettings)
    assert name in capsys.readouterr().err
