"""The words of a production with the real language model, and without one."""

from __future__ import annotations

from typing import Any

import pytest

from headrace_agent.handlers.production import suggestion
from headrace_agent.handlers.production.copywriting import COMPOSED, GIVEN, Copywriter
from headrace_agent.handlers.production.suggestion import accepted_sentence, accepted_title, suggest
from headrace_agent.handlers.production.wording import Facts
from headrace_agent.handlers.text import engine as engines

PROMPT = (
    "A quiet morning at a mountain lake. The sun rises over the peaks. Snow begins to fall on the forest."
)


def facts(**known: Any) -> Facts:
    plain: dict[str, Any] = {
        "file_name": "",
        "language": "en",
        "tone": "dramatic",
        "duration_s": 9.0,
        "scenes": 3,
    }
    return Facts(**{"prompt": PROMPT, **plain, **known})


def test_the_model_is_asked_and_its_answers_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    assert engines.missing() is None
    engine = engines.engine()
    answers: list[str] = []
    prompts: list[str] = []
    generate = engine.generate

    def listen(request: dict[str, Any], on_token: Any) -> Any:
        prompts.append(str(request["messages"]))
        answer = generate(request, lambda _count: False)
        answers.append(answer.text)
        return answer

    monkeypatch.setattr(engine, "generate", listen)
    monkeypatch.setattr(suggestion, "_MOST_S", 120.0)
    title, opening = suggest(facts(), 7, lambda: False, title=True, opening=True)
    assert len(answers) == 2
    assert all(answer.strip() for answer in answers)
    assert all(PROMPT in prompt and "dramatic" in prompt for prompt in prompts)
    assert title == accepted_title(answers[0], PROMPT)
    assert opening == accepted_sentence(answers[1], PROMPT)


def test_nothing_is_asked_where_nothing_can_be_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Any:
        raise AssertionError("the model was asked")

    monkeypatch.setattr(engines, "engine", refuse)
    for known in (facts(prompt="A lake."), facts(language="de"), facts(prompt="", objects=("car", "person"))):
        assert suggest(known, 1, lambda: False, title=True, opening=True) == (None, None)


def test_without_a_model_the_words_are_composed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "missing", lambda: "needs xllamacpp")
    writer = Copywriter(facts(), 1, lambda: False)
    copy = writer.all(61.0)
    assert writer.origins == dict.fromkeys(("title", "description", "tags"), COMPOSED)
    assert copy.title == "A Quiet Morning at a Mountain Lake"
    assert copy.description.splitlines() == [
        PROMPT,
        "",
        "61 seconds in 3 scenes.",
        "",
        "Watch it to the end.",
        "",
        "#Quiet #Morning #Mountain",
    ]


def test_what_is_given_is_kept_and_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Any:
        raise AssertionError("the model was asked")

    monkeypatch.setattr(engines, "engine", refuse)
    writer = Copywriter(facts(title="T", description="D", tags=("a", "b")), 1, lambda: False)
    copy = writer.all(5.0)
    assert (copy.title, copy.description, copy.tags) == ("T", "D", ("a", "b"))
    assert set(writer.origins.values()) == {GIVEN}
