"""XML whose elements repeat, as the rows of a CSV."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from headrace_agent.handlers.api import HandlerError
from headrace_agent.handlers.data.session import Cancelled

_MAX_DEPTH = 50
_MAX_COLUMNS = 2000
_LOOK_EVERY = 10_000

Path_ = tuple[str, ...]


def to_csv(source: Path, target: Path, row_element: str | None, cancelled: Callable[[], bool]) -> None:
    """Write a row for each ``row_element`` (by its local name), or for each of the outermost that repeat.

    Attributes and inner elements become columns, deeper ones as ``outer.inner``; what occurs several times in a
    row is joined by ``; ``. Raises ``HandlerError`` for broken XML, entity declarations and no rows.
    """
    row_path = _find(source, row_element, cancelled)
    columns: dict[str, None] = {}
    for row in _rows(source, row_path, cancelled):
        columns.update(dict.fromkeys(row))
        if len(columns) > _MAX_COLUMNS:
            raise HandlerError(f"the XML has more than {_MAX_COLUMNS} different fields in its rows")
    if not columns:
        raise HandlerError("the XML has no elements that could be rows")
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(columns), restval="")
        writer.writeheader()
        writer.writerows(_rows(source, row_path, cancelled))


def _find(source: Path, row_element: str | None, cancelled: Callable[[], bool]) -> Path_:
    counts: Counter[Path_] = Counter()
    for event, path, _ in _walk(source, None, cancelled):
        if event == "start":
            counts[path] += 1
    if row_element is not None:
        named = [path for path in counts if path[-1] == row_element]
        if not named:
            raise HandlerError(f"the XML has no element <{row_element}>")
        return max(named, key=lambda path: counts[path])
    repeated = [path for path, count in counts.items() if count > 1]
    if repeated:
        return min(repeated, key=lambda path: (len(path), -counts[path]))
    return min(counts, key=len)


def _rows(source: Path, row_path: Path_, cancelled: Callable[[], bool]) -> Iterator[dict[str, str]]:
    for event, path, element in _walk(source, row_path, cancelled):
        if event == "end" and path == row_path:
            row: dict[str, str] = {}
            _flatten(element, "", row)
            yield row


def _flatten(element: Any, prefix: str, row: dict[str, str]) -> None:
    for key, value in element.attrib.items():
        _put(row, f"{prefix}.{_local(key)}" if prefix else _local(key), value)
    text = (element.text or "").strip()
    if text:
        _put(row, prefix or _local(element.tag), text)
    elif prefix and not len(element) and not element.attrib:
        row.setdefault(prefix, "")
    for child in element:
        if isinstance(child.tag, str):
            _flatten(child, f"{prefix}.{_local(child.tag)}" if prefix else _local(child.tag), row)


def _put(row: dict[str, str], key: str, value: str) -> None:
    row[key] = f"{row[key]}; {value}" if row.get(key) else value


def _walk(
    source: Path, keep: Path_ | None, cancelled: Callable[[], bool]
) -> Iterator[tuple[str, Path_, Any]]:
    """``(start or end, path of local names, element)`` of everything in the file.

    Only what lies inside an element at ``keep`` stays in memory, until that element ends. Raises ``Cancelled``.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    path: list[str] = []
    open_elements: list[Any] = []
    try:
        for number, (event, element) in enumerate(iterparse(source, events=("start", "end"))):
            if number % _LOOK_EVERY == 0 and cancelled():
                raise Cancelled
            if event == "start":
                path.append(_local(element.tag))
                open_elements.append(element)
                if len(path) > _MAX_DEPTH:
                    raise HandlerError(f"the XML is nested more than {_MAX_DEPTH} deep")
            yield event, tuple(path), element
            if event == "end":
                inside = keep is not None and len(path) > len(keep) and tuple(path[: len(keep)]) == keep
                path.pop()
                open_elements.pop()
                if open_elements and not inside:
                    open_elements[-1].remove(element)
    except DefusedXmlException as error:
        raise HandlerError(
            "the XML declares entities, which are refused: they can be used as a bomb"
        ) from error
    except ParseError as error:
        raise HandlerError(f"the XML is broken: {error}") from error


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
