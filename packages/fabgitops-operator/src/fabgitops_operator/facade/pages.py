"""The pages that are always the same: /openapi.json, and /docs, which shows it without fetching anything."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fabgitops_operator.facade.openapi import document
from fabgitops_operator.hosting.exchange import Reply, said

_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}"
    "code,pre{font-family:monospace;background:#f2f4f7;padding:.1rem .3rem}pre{padding:1rem;overflow:auto}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .6rem;"
    "border-bottom:1px solid #d5d9e0}"
)

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def pages() -> Mapping[str, Reply]:
    """Return the pages by their paths."""
    content = document()
    html = "".join(_html(content)).encode()
    docs = Reply(200, html, "text/html; charset=utf-8", (("Content-Security-Policy", _POLICY),))
    return {"/openapi.json": said(content), "/docs": docs}


def _html(content: Mapping[str, Any]) -> Iterator[str]:
    info = content["info"]
    title = escape(info["title"])
    yield f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    yield f"<style>{_STYLE}</style></head><body><h1>{title}</h1><p>{escape(info['description'])} "
    yield 'The same for programs: <a href="/openapi.json">openapi.json</a>.</p><h2>Routes</h2><table>'
    yield "<tr><th>Request</th><th>What it does</th><th>Body</th></tr>"
    for path, item in content["paths"].items():
        yield from _routes(path, item)
    yield "</table>"
    for name, schema in content["components"]["schemas"].items():
        yield from _schema(name, schema)
    yield "</body></html>"


def _routes(path: str, item: Mapping[str, Any]) -> Iterator[str]:
    for method, does in item.items():
        if method == "parameters":
            continue
        bodies = "<br>".join(f"<code>{escape(each)}</code>" for each in does.get("requestBody", {}).get("content", {}))
        request = f"<code>{method.upper()} {escape(path)}</code>"
        yield f"<tr><td>{request}</td><td>{escape(does['summary'])}</td><td>{bodies}</td></tr>"


def _schema(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    required = schema.get("required", ())
    yield f'<h2 id="{escape(name)}">{escape(name)}</h2><p>{escape(schema.get("description", ""))}</p><table>'
    for field, each in schema["properties"].items():
        kind = escape(each.get("type") or each.get("$ref", "").rpartition("/")[2])
        must = ", required" if field in required else ""
        meaning = escape(each.get("description", ""))
        yield f"<tr><td><code>{escape(field)}</code></td><td>{kind}{must}</td><td>{meaning}</td></tr>"
    yield "</table>"
