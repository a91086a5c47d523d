"""Does the content of a file agree with what is said of it?"""

from __future__ import annotations

from headrace_api.mime.names import CSV, DOC, JSON, PLAIN, XML, declared_type, extension_type
from headrace_api.mime.sniff import Sniffer

#: A declared type that is true of the content although the content has a type of its own.
_ALSO_TRUE: dict[str, frozenset[str]] = {
    # glTF and JSON lines are JSON; XML dialects are XML.
    JSON: frozenset({"model/gltf+json"}),
}
_TEXTS = frozenset({PLAIN, CSV, JSON, XML, "model/obj", "model/stl", "model/gltf+json", "text/html"})


class FileJudge:
    """Watches one file and names its type in the end."""

    def __init__(self, *, filename: str | None, content_type: str | None) -> None:
        self._declared = declared_type(content_type)
        by_name = extension_type(filename)
        promised = self._declared
        # «Text» and «spreadsheet program» are what many systems say for endings that they don't know.
        if promised is None or (by_name is not None and promised in {PLAIN, "application/vnd.ms-excel"}):
            promised = by_name
        if self._declared in {PLAIN, "application/vnd.ms-excel"} and by_name in _TEXTS:
            self._declared = by_name
        self._sniffer = Sniffer(promised=promised)

    @property
    def size(self) -> int:
        return self._sniffer.size

    def feed(self, chunk: bytes) -> None:
        self._sniffer.feed(chunk)

    @property
    def early_ready(self) -> bool:
        return self._sniffer.early_ready

    def may_be(self, allowed: frozenset[str]) -> bool:
        """False when the beginning alone rules out every allowed type."""
        return not allowed.isdisjoint(self._sniffer.possible())

    def shown(self) -> str:
        """The type by the content seen so far, for a message."""
        return self._sniffer.final()

    def verdict(self) -> tuple[str, str | None]:
        """The type by content, and the declared type where it contradicts the content, else None."""
        found, declared = self._sniffer.final(), self._declared
        if declared is None or declared == found or found in _ALSO_TRUE.get(declared, frozenset()):
            return found, None
        if declared == DOC and found.startswith("application/vnd.openxmlformats-officedocument.word"):
            return found, None  # word processors say msword for both
        return found, declared
