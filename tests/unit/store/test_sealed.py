"""Small secrets: they open with the site's key, in their own row, and nowhere else."""

from __future__ import annotations

from uuid import UUID

import pytest

from headrace_store.sealed import SiteKey, WrongKeyError

SECRET = "a-site-key-that-only-the-tests-know-0123456789"
OWNER, STRANGER = UUID(int=1), UUID(int=2)


def test_what_is_sealed_opens_again_and_is_not_to_be_read() -> None:
    box = SiteKey(SECRET).destinations()
    sealed = box.seal_fields(OWNER, {"password": "hunter2"})
    assert b"hunter2" not in sealed
    assert SiteKey(SECRET).destinations().open_fields(OWNER, sealed) == {"password": "hunter2"}
    assert box.seal(OWNER, b"") != box.seal(OWNER, b""), "never the same nonce"
    assert box.open(OWNER, box.seal(OWNER, b"")) == b""


def test_every_other_way_to_open_it_is_refused() -> None:
    site = SiteKey(SECRET)
    sealed = site.destinations().seal(OWNER, b"secret")
    broken = [
        sealed[:-1],
        sealed[:5],
        b"",
        b"\x02" + sealed[1:],
        sealed[:20] + bytes([sealed[20] ^ 1]) + sealed[21:],
    ]
    for bad in broken:
        with pytest.raises(WrongKeyError):
            site.destinations().open(OWNER, bad)
    with pytest.raises(WrongKeyError):
        site.destinations().open(STRANGER, sealed)
    with pytest.raises(WrongKeyError):
        site.publications().open(OWNER, sealed)
    with pytest.raises(WrongKeyError, match="HEADRACE_SECRET_KEY"):
        SiteKey(SECRET + "x").destinations().open(OWNER, sealed)


def test_keys_of_purposes_differ_and_stay_the_same() -> None:
    site = SiteKey(SECRET)
    keys = [site.derive(purpose) for purpose in ("destinations", "publications", "sessions")]
    assert len(set(keys)) == 3
    assert all(len(key) == 32 for key in keys)
    # A change here would lock every site out of its own secrets.
    assert site.sessions().hex() == "1901b862252df40dad580a64990af04f243ffa060ed70ecea192f2463f7d85f8"


def test_a_short_key_is_refused_and_none_is_shown() -> None:
    with pytest.raises(ValueError, match="at least 32 characters"):
        SiteKey("short")
    assert SECRET not in repr(SiteKey(SECRET))
