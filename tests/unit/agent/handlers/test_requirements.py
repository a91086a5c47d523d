from __future__ import annotations

import pytest

from headrace_agent.handlers.requirements import number_setting, packages, setting


def test_what_is_missing_is_named_with_the_extra_that_brings_it() -> None:
    assert packages("speech", "json", "csv")() is None
    assert packages("speech", "json", "no_such_x")() == "needs no_such_x: install headrace-agent[speech]"


def test_a_blank_setting_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADRACE_X", "  ")
    assert setting("HEADRACE_X") is None
    monkeypatch.setenv("HEADRACE_X", " a ")
    assert setting("HEADRACE_X") == "a"


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many"])
def test_a_setting_that_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    assert number_setting("HEADRACE_X", 7) == 7
    monkeypatch.setenv("HEADRACE_X", text)
    with pytest.raises(ValueError, match="HEADRACE_X must be a whole number above 0"):
        number_setting("HEADRACE_X", 7)
