"""What hostile clients put into fields: texts, numbers and JSON of every wrong kind."""

from __future__ import annotations

import json
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

#: Each has broken some program before.
TEXTS: Final = (
    "", " ", "\x00", "a\x00b", "\u202egpj.exe", "\ufeff", "\u2028", "\U0001f4a9" * 50, "a" * 20_000, "\x7f\x1b[31m",
    "../../../etc/passwd", "..\\..\\x", "/etc/passwd", "C:\\con", ".", "..", "%00", "%2e%2e%2f", "a/b", "a?b#c",
    "'; drop table jobs; --", '" or 1=1 --', "%' escape '", "{{7*7}}", "${x}", "$(id)", "`id`", "<script>", "\\",
    "0x1F", "1e400", "-0", "NaN", "Infinity", "\u0663", "\uff19", "true", "null", "None", "[]", "{}", "1_000",
    "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "job_", "job_zz", "whsec_", "*",
    "0000-00-00", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2026-02-30T00:00:00Z", "99999999999999",
    "2026-01-01T00:00:00+99:99", "24:00", "http://[::1", "http://u@:99999/", "http://\x00/", "gopher://x", "http://",
    "https://xn--/", "http://" + "a" * 300 + ".com/", "file:///etc/passwd", "data:", "data:;base64,@@@",
    "data:text/plain;base64,QUJ", "data:text/plain;base64," + "QUJD" * 5000, "data:a/b;charset=\u20ac,x",
    "image/png", "text/plain; charset=klingon", "application/zip", "linux-amd64", "any", "urgent", "noop",
    "text-generation", "image-classification", "completed", "s3", "youtube", "mastodon", "http",
)  # fmt: skip

NUMBERS: Final = (
    0, -1, 1, 2, 100, 2**15, 2**31 - 1, 2**31, -(2**31) - 1, 2**53, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**40,
    0.5, -0.0, 1e-320, 1e308, -1e308, 1e20,
)  # fmt: skip

texts: SearchStrategy[str] = st.one_of(
    st.sampled_from(TEXTS), st.text(max_size=30), st.text(alphabet="abc-_/.%{}'\"\\ \x00\n\t", max_size=30)
)
scalars: SearchStrategy[Any] = st.one_of(
    texts, st.sampled_from(NUMBERS), st.none(), st.booleans(), st.sampled_from(["\ud800", "a\udfffb"])
)
json_values: SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=8,
)

#: Bodies that are said to be JSON and are not, or are too much of it.
BROKEN_JSON: Final = (
    b"", b"{", b"[", b"nul", b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b"{}{}", b"NaN", b'{"a": NaN}', b'{"a": 1e999}',
    b'{"a": "\xff"}', b'{"a": "\x00"}', b'{"a": 1, "a": 2}', b"[" * 50_000, b'{"a":' * 20_000, b"1" * 20_000,
    b"-", b'"', b"{'a': 1}", b"{}\x00", b'{"\\ud800": 1}', '{"a": "\u20ac"}'.encode("utf-16"), b"true", b"[[[]]]",
    b'[{"model":"noop"}]', b'{"model": "noop", "payload": ' + b"[" * 3000 + b"]" * 3000 + b"}",
)  # fmt: skip


def mutated(seed: Any) -> SearchStrategy[Any]:
    """A good body of which one place is another value, is gone, or stands beside something unknown."""
    places = list(_places(seed, ()))

    @st.composite
    def build(draw: st.DrawFn) -> Any:
        body = json.loads(json.dumps(seed))
        for _ in range(draw(st.integers(1, 2))):
            body = _changed(body, draw(st.sampled_from(places)), draw(st.integers(0, 9)), draw)
        return body

    return build()


def _places(value: Any, at: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
    found = [at]
    if isinstance(value, dict):
        for key, inner in value.items():
            found += _places(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found += _places(inner, (*at, index))
    return found


def _changed(body: Any, at: tuple[str | int, ...], how: int, draw: st.DrawFn) -> Any:
    if not at:
        if how and isinstance(body, dict):
            body[draw(texts)] = draw(json_values)
            return body
        return draw(json_values)
    holder = body
    for step in at[:-1]:
        try:
            holder = holder[step]
        except (KeyError, IndexError, TypeError):
            return body  # the change before this one took the place away
    try:
        if how == 0:
            del holder[at[-1]]
        else:
            holder[at[-1]] = draw(json_values)
    except (KeyError, IndexError, TypeError):
        return body
    return body
