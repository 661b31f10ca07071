"""The OpenAPI document as one page of HTML: no script, nothing from any other server."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping
from typing import Any

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24 }
h1, h2 { line-height: 1.2 }
code, pre { font: 14px/1.4 ui-monospace, monospace }
pre { background: #f4f5f7; padding: .7rem; overflow-x: auto }
details { border: 1px solid #d5d9de; border-radius: 6px; margin: .5rem 0; padding: .4rem .8rem }
summary { cursor: pointer }
.m { display: inline-block; width: 4.5rem; font-weight: 700 }
table { border-collapse: collapse }
td, th { text-align: left; padding: .2rem .8rem .2rem 0; vertical-align: top }
@media (prefers-color-scheme: dark) { body { background: #14171a; color: #e4e7ea } pre { background: #20252a } }
"""


def page(document: Mapping[str, Any]) -> str:
    """The whole page."""
    info = document["info"]
    parts = [f"<h1>{_text(info['title'])} {_text(info['version'])}</h1><p>{_text(info['description'])}</p>"]
    for tag in document["tags"]:
        parts.append(f"<h2>{_text(tag['name'])}</h2><p>{_text(tag['description'])}</p>")
        parts.extend(_operation(*found) for found in _operations(document, tag["name"]))
    parts.append("<h2>schemas</h2>")
    for name, schema in sorted(document["components"]["schemas"].items()):
        parts.append(f'<details id="{_text(name)}"><summary>{_text(name)}</summary>{_json(schema)}</details>')
    head = f'<meta charset="utf-8"><title>{_text(info["title"])}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>'


def _operations(document: Mapping[str, Any], tag: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if tag in operation["tags"]:
                yield path, method.upper(), operation


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> str:
    rows = "".join(_parameter(item) for item in operation.get("parameters", ()))
    table = f"<h4>Parameters</h4><table>{rows}</table>" if rows else ""
    body = _bodies("Body", operation.get("requestBody", {}).get("content", {}))
    answers = "".join(
        f"<tr><th>{_text(status)}</th><td>{_text(item['description'])} {_schemas(item.get('content', {}))}</td></tr>"
        for status, item in operation["responses"].items()
    )
    return (
        f'<details id="{_text(operation["operationId"])}"><summary><span class="m">{method}</span>'
        f"<code>{_text(path)}</code> {_text(operation['summary'])}</summary><p>{_text(operation['description'])}</p>"
        f"{table}{body}<h4>Responses</h4><table>{answers}</table></details>"
    )


def _parameter(item: Mapping[str, Any]) -> str:
    needed = " (required)" if item.get("required") else ""
    about = _text(item.get("description", ""))
    return f"<tr><th><code>{_text(item['name'])}</code></th><td>{_text(item['in'])}{needed}</td><td>{about}</td></tr>"


def _bodies(title: str, content: Mapping[str, Any]) -> str:
    shown = []
    for media, item in content.items():
        examples = [each["value"] for each in item.get("examples", {}).values()]
        shown.append(f"<p><code>{_text(media)}</code> {_schemas({media: item})}</p>{''.join(map(_json, examples))}")
    return f"<h4>{title}</h4>{''.join(shown)}" if shown else ""


def _schemas(content: Mapping[str, Any]) -> str:
    """Links to the shapes that a content refers to, however deep they lie."""
    names = sorted({ref.rsplit("/", 1)[-1] for item in content.values() for ref in _refs(item.get("schema", {}))})
    return ", ".join(f'<a href="#{_text(name)}">{_text(name)}</a>' for name in names)


def _refs(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for inner in schema.values():
            yield from _refs(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _refs(inner)


def _json(value: Any) -> str:
    return f"<pre>{_text(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"


def _text(value: object) -> str:
    return html.escape(str(value))
