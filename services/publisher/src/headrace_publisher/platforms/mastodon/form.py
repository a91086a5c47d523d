"""A media upload as ``multipart/form-data`` (RFC 7578), streamed, its length known before."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from headrace_publisher.publish.parcel import Asset
from headrace_publisher.web.feed import Feed


def media_form(
    asset: Asset, *, fields: Mapping[str, str], thumbnail: tuple[Asset, bytes] | None = None
) -> tuple[str, Feed]:
    """The ``Content-Type`` and the body. ``thumbnail``: the picture and its bytes."""
    boundary = f"headrace-{secrets.token_hex(16)}"
    head = bytearray()
    for name, value in fields.items():
        head += _begin(boundary, f'name="{name}"') + b"\r\n" + value.encode() + b"\r\n"
    if thumbnail is not None:
        picture, data = thumbnail
        head += _file(boundary, "thumbnail", picture) + data + b"\r\n"
    head += _file(boundary, "file", asset)
    tail = f"\r\n--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", Feed(asset, head=bytes(head), tail=tail)


def _begin(boundary: str, disposition: str) -> bytes:
    return f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n".encode()


def _file(boundary: str, field: str, asset: Asset) -> bytes:
    # Browsers write names so (HTML, «multipart/form-data encoding algorithm»).
    name = asset.name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    begin = _begin(boundary, f'name="{field}"; filename="{name}"')
    return begin + f"Content-Type: {asset.mime}\r\n\r\n".encode()
