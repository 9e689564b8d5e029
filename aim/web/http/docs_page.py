"""The description of the API as one plain page, made from the OpenAPI document: no script, nothing from elsewhere."""

from __future__ import annotations

from html import escape
from typing import Any, Final

__all__ = ["docs_page"]

_STYLE: Final = """
body{font:14px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
code,pre{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:13px}
section{border-top:1px solid #8886;padding:.5rem 0}table{border-collapse:collapse}
td,th{text-align:left;padding:.1rem .8rem .1rem 0;vertical-align:top}.method{display:inline-block;min-width:3.5rem}
"""


def docs_page(document: dict[str, Any], *, base_path: str, nonce: str) -> str:
    """The page.

    Args:
        document: OpenAPI, as FastAPI makes it.
        base_path: The path that the API is served under.
        nonce: For the page's style.
    """
    base = escape(base_path)
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Aim: API</title>',
        f'<style nonce="{escape(nonce)}">{_STYLE}</style></head><body><h1>{escape(document["info"]["title"])}</h1>',
        f"<p>{escape(document['info'].get('description', ''))}</p>",
        f'<p>For programs: <a href="{base}/openapi.json">openapi.json</a>.</p><h2>Requests</h2>',
    ]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parts.append(_operation(base, path, method, operation))
    parts.append("<h2>Shapes</h2>")
    for name, schema in sorted(document.get("components", {}).get("schemas", {}).items()):
        parts.append(_schema(name, schema))
    parts.append("</body></html>")
    return "".join(parts)


def _operation(base: str, path: str, method: str, operation: dict[str, Any]) -> str:
    text = f'<section><h3><code><span class="method">{escape(method.upper())}</span> {base}{escape(path)}</code></h3>'
    text += f"<p>{escape(operation.get('description', ''))}</p><table>"
    for parameter in operation.get("parameters", ()):
        text += _line(f"{parameter['name']} ({parameter['in']})", _kind(parameter.get("schema", {})))
    body = operation.get("requestBody", {}).get("content", {})
    for content in body.values():
        text += _line("request", _kind(content.get("schema", {})))
    for status, response in operation.get("responses", {}).items():
        kinds = [
            _kind(content["schema"]) if "schema" in content else escape(media_type)
            for media_type, content in response.get("content", {}).items()
        ]
        text += _line(f"answer {status}", ", ".join(kinds) or escape(response.get("description", "")))
    return text + "</table></section>"


def _schema(name: str, schema: dict[str, Any]) -> str:
    text = f'<section id="{escape(name)}"><h3>{escape(name)}</h3><p>{escape(schema.get("description", ""))}</p><table>'
    required = schema.get("required", ())
    for key, value in schema.get("properties", {}).items():
        text += _line(key if key in required else f"{key}?", _kind(value))
    return text + "</table></section>"


def _line(name: str, value: str) -> str:
    return f"<tr><td><code>{escape(name)}</code></td><td>{value}</td></tr>"


def _kind(schema: dict[str, Any]) -> str:
    """A type in words, as HTML."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(escape(repr(one)) for one in schema["enum"])
    if "const" in schema:
        return escape(repr(schema["const"]))
    kind = str(schema.get("type", "anything"))
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return escape(kind)
