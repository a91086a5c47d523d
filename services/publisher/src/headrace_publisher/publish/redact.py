"""Texts without secrets: what a platform answers may repeat what it was sent."""

from __future__ import annotations

from urllib.parse import quote

from pydantic import BaseModel, SecretStr

from headrace_runtime.logs import scrub

HIDDEN = "[hidden]"
#: Shorter ones would tear holes into ordinary words, and guard nothing.
_MIN_CHARS = 4
_REASON_CHARS = 1000


class Redactor:
    """Knows the secrets of one publication."""

    def __init__(self, secret: BaseModel | None) -> None:
        self._hidden: list[str] = []
        for _, value in secret or ():
            if isinstance(value, SecretStr):
                self.hide(value.get_secret_value())

    def hide(self, value: str) -> None:
        """Never show ``value``, nor what stands behind its «Bearer», nor their percent-encoded forms."""
        bare = value.rpartition(" ")[2]
        for form in {value, bare, quote(value, safe=""), quote(bare, safe="")}:
            if len(form) >= _MIN_CHARS and form not in self._hidden:
                self._hidden.append(form)
        # The longest first: one secret may hold another.
        self._hidden.sort(key=len, reverse=True)

    def clean(self, text: str) -> str:
        """One line without secrets, cut to what the record keeps."""
        for value in self._hidden:
            text = text.replace(value, HIDDEN)
        return " ".join(scrub(text).split())[:_REASON_CHARS]

    def clean_lines(self, text: str) -> str:
        """A traceback without secrets."""
        for value in self._hidden:
            text = text.replace(value, HIDDEN)
        return scrub(text)
