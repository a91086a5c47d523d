"""Passwords of people: argon2id (RFC 9106), slow on purpose, so call these in a thread."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: NIST SP 800-63B asks for 8; the jobserver text itself shows one of 11.
MIN_CHARS = 8
#: Longer ones cost time and add nothing.
MAX_CHARS = 1024

#: RFC 9106's second recommended option: 64 MiB, 3 passes, 4 lanes.
_hasher = PasswordHasher()
#: Of a password that nobody has: unknown e-mail addresses cost the same time as known ones.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$vFQMsagUSPdBUR7q53Oi5Q$9U+l7U9kQOd6kOCYa0rvIHN9lW2RqisaHqtVrDBE7R4"


def hash_password(password: str) -> str:
    """What is stored of it. Raises ValueError when it is too short or too long."""
    if not MIN_CHARS <= len(password) <= MAX_CHARS:
        raise ValueError(f"a password must have {MIN_CHARS} to {MAX_CHARS} characters")
    return _hasher.hash(_bytes(password))


def check_password(password: str, stored: str | None) -> bool:
    """Whether it is the one. None, for a person that is not there, takes as long and is never right."""
    try:
        _hasher.verify(stored or _NOBODY, _bytes(password[:MAX_CHARS]))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None and len(password) <= MAX_CHARS


def _bytes(password: str) -> bytes:
    """Also of what JSON may hold and UTF-8 may not."""
    return password.encode("utf-8", "surrogatepass")
