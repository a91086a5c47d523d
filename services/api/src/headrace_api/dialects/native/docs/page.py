"""The whole page, as bytes that are made once."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

from headrace_api.dialects.native.docs.text import anchor, escaped, prose
from headrace_api.dialects.native.docs.types import described, fields_table, schema_link

_VERBS = ("get", "post", "put", "patch", "delete")


class Page:
    """``html`` and the headers that it is sent with: nothing but its own style may be loaded or run."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        style = (files("headrace_api.dialects.native.docs") / "style.css").read_text(encoding="utf-8")
        self.html = _html(document, style).encode()
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        self.headers = {
            "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }


def _html(document: Mapping[str, Any], style: str) -> str:
    info = document["info"]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escaped(info['title'])} API</title><style>{style}</style></head><body>"
        f'<div class="shell"><nav aria-label="Operations">{_index(document)}</nav><main>'
        f"<h1>{escaped(info['title'])} API</h1>"
        f'<p class="quiet">Version {escaped(info["version"])}. '
        '<a href="/v1/openapi.json">The same as an OpenAPI document</a></p>'
        f"{prose(info['description'])}{_operations(document)}{_schemas(document)}"
        "</main></div></body></html>"
    )


def _by_tag(document: Mapping[str, Any]) -> Iterator[tuple[str, list[tuple[str, str, Mapping[str, Any]]]]]:
    """Each tag with its operations: verb, path, operation."""
    for tag in (each["name"] for each in document["tags"]):
        yield (
            tag,
            [
                (verb, path, item[verb])
                for path, item in document["paths"].items()
                for verb in _VERBS
                if verb in item and tag in item[verb]["tags"]
            ],
        )


def _index(document: Mapping[str, Any]) -> str:
    parts = [f"<strong>{escaped(document['info']['title'])}</strong>"]
    for tag, operations in _by_tag(document):
        parts.append(f"<strong>{escaped(tag)}</strong>")
        parts += [
            f'<a href="#{anchor(op["operationId"])}"><span class="verb {verb}">{verb.upper()}</span>'
            f"{escaped(path.removeprefix('/v1'))}</a>"
            for verb, path, op in operations
        ]
    parts.append('<strong><a href="#schemas">Schemas</a></strong>')
    return "".join(parts)


def _operations(document: Mapping[str, Any]) -> str:
    parts = []
    for tag, operations in _by_tag(document):
        parts.append(f'<h2 id="{anchor(tag)}">{escaped(tag)}</h2>')
        parts += [_operation(document, verb, path, op) for verb, path, op in operations]
    return "".join(parts)


def _operation(document: Mapping[str, Any], verb: str, path: str, op: Mapping[str, Any]) -> str:
    head = (
        f'<section><h3 id="{anchor(op["operationId"])}"><span class="verb {verb}">{verb.upper()}</span> '
        f"<code>{escaped(path)}</code></h3><p>{escaped(op['summary'])}.</p>"
    )
    parts = [head]
    if "description" in op:
        parts.append(prose(op["description"]))
    if "parameters" in op:
        rows = "".join(_parameter(each) for each in op["parameters"])
        parts.append(f"<h4>Parameters</h4><table>{rows}</table>")
    for mime, content in op.get("requestBody", {}).get("content", {}).items():
        parts.append(f"<h4>Body</h4><p><code>{escaped(mime)}</code> {schema_link(content['schema'])}</p>")
        parts += [f"<pre>{escaped(text)}</pre>" for text in _examples(document, content["schema"])]
    good = {status: each for status, each in op["responses"].items() if int(status) < 400}
    bad = {status: each for status, each in op["responses"].items() if int(status) >= 400}
    parts.append(f"<h4>Answers</h4><table>{''.join(_response(*each) for each in good.items())}</table>")
    parts.append(
        f"<details><summary>Refusals</summary><table>{''.join(_response(*each) for each in bad.items())}</table>"
        "</details></section>"
    )
    return "".join(parts)


def _examples(document: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """Bodies as one would write them."""
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    given = document["components"]["schemas"].get(name, {}).get("examples", [])
    return [json.dumps(each, indent=2, ensure_ascii=False) for each in given]


def _parameter(given: Mapping[str, Any]) -> str:
    needed = "" if given["required"] else ", optional"
    kind = f"{given['in']}, {described(given['schema'])}{needed}"
    about = prose(given.get("description", ""), inline=True)
    return f"<tr><td><code>{escaped(given['name'])}</code></td><td>{kind}</td><td>{about}</td></tr>"


def _response(status: str, response: Mapping[str, Any]) -> str:
    links = [schema_link(each["schema"]) for each in response.get("content", {}).values()]
    mimes = ", ".join(escaped(mime) for mime in response.get("content", {}))
    about = prose(response["description"], inline=True)
    return f"<tr><td><code>{status}</code></td><td>{mimes} {''.join(links)}</td><td>{about}</td></tr>"


def _schemas(document: Mapping[str, Any]) -> str:
    parts = ['<h2 id="schemas">Schemas</h2>']
    for name, schema in document["components"]["schemas"].items():
        about = prose(schema.get("description", ""))
        parts.append(f'<h3 id="schema-{anchor(name)}">{escaped(name)}</h3>{about}{fields_table(schema)}')
    return "".join(parts)
