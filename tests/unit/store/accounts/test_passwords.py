"""Passwords: argon2id, and the same time for people that are not there."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher, extract_parameters

from headrace_store.accounts import passwords
from headrace_store.accounts.passwords import MAX_CHARS, check_password, hash_password
from headrace_store.accounts.users import normal_email

GOOD = "a long enough password"


def test_a_hash_is_argon2id_and_salted() -> None:
    one, two = hash_password(GOOD), hash_password(GOOD)
    assert one.startswith("$argon2id$")
    assert one != two
    assert check_password(GOOD, one)
    assert not check_password(GOOD + " ", one)


def test_nobody_costs_what_somebody_costs_and_never_passes() -> None:
    assert extract_parameters(passwords._NOBODY) == extract_parameters(hash_password(GOOD))
    assert not check_password(GOOD, None)
    assert PasswordHasher().check_needs_rehash(passwords._NOBODY) is False


def test_odd_passwords_are_refused_or_compared_but_never_crash() -> None:
    stored = hash_password("\ud800" + "x" * (MAX_CHARS - 1))
    assert check_password("\ud800" + "x" * (MAX_CHARS - 1), stored)
    assert not check_password("\ud800" + "x" * MAX_CHARS, stored)
    assert not check_password(GOOD, "no hash")
    for bad in ("short", "x" * (MAX_CHARS + 1)):
        with pytest.raises(ValueError, match="8 to 1024"):
            hash_password(bad)


def test_emails_are_kept_in_lower_case() -> None:
    assert normal_email(" Ada@Example.ORG ") == "ada@example.org"
    assert normal_email("admin@localhost") == "admin@localhost"


@pytest.mark.parametrize("text", ["", "ada", "@x", "x@", "a b@c", "a@b@c", "a@b\x00", "x" * 250 + "@y.zz"])
def test_what_is_no_email(text: str) -> None:
    with pytest.raises(ValueError, match="looks like"):
        normal_email(text)
