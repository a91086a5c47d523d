"""Secrets in any form that an answer may repeat them in."""

from __future__ import annotations

from headrace_contracts.destinations import HttpSecret, S3Secret
from headrace_publisher.publish.redact import HIDDEN, Redactor

SECRET = HttpSecret.model_validate(
    {"signing_secret": "whsec_a+b/c==1234567", "authorization": "Bearer to/ken+1"}
)


def test_secrets_are_hidden_whole_encoded_and_without_their_scheme() -> None:
    redactor = Redactor(SECRET)
    text = "no: whsec_a+b/c==1234567 Bearer to/ken+1 to/ken+1 to%2Fken%2B1 whsec_a%2Bb%2Fc%3D%3D1234567"
    assert redactor.clean(text) == f"no: {' '.join([HIDDEN] * 5)}"


def test_what_is_learned_on_the_way_is_hidden_too() -> None:
    redactor = Redactor(None)
    redactor.hide("http://a.example/upload?id=abc")
    redactor.hide("")
    assert redactor.clean("lost http://a.example/upload?id=abc") == f"lost {HIDDEN}"


def test_a_secret_inside_another_leaves_nothing_behind() -> None:
    redactor = Redactor(S3Secret.model_validate({"access_key": "abcd", "secret_key": "xabcdx"}))
    assert redactor.clean("xabcdx abcd") == f"{HIDDEN} {HIDDEN}"


def test_short_words_stay_whole_and_texts_are_bounded() -> None:
    redactor = Redactor(S3Secret.model_validate({"access_key": "a", "secret_key": "s3cret"}))
    assert redactor.clean("a bad\nanswer") == "a bad answer"
    assert len(redactor.clean("x" * 5000)) == 1000
    assert redactor.clean_lines("one s3cret\ntwo") == f"one {HIDDEN}\ntwo"
