"""A search engine as a row of `engines.toml`: its request, and what its answer says. Pure but for reading that file."""

from __future__ import annotations

import html
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from rigcli.core.errors import ProviderError
from rigcli.core.services import WebResult

_TAG = re.compile(r"</?(?:b|strong|em|i|mark|span)\b[^>]{0,200}>", re.IGNORECASE)
_TEXT = 1000
"""Characters of one result's text."""


@dataclass(frozen=True, slots=True)
class Engine:
    """One row; see the head of `engines.toml`."""

    name: str
    title: str
    url: str
    results: str
    fields: Mapping[str, str]
    key_env: tuple[str, ...] = ()
    key_url: str = ""
    method: Literal["GET", "POST"] = "GET"
    path: str = ""
    auth: tuple[str, str] | None = None
    query: Mapping[str, Any] = field(default_factory=dict[str, Any])
    body: Mapping[str, Any] | None = None
    form: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    needs: Mapping[str, str] = field(default_factory=dict[str, str])
    most: int = 10
    html: bool = False
    unwrap: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request; `headers` hold the key and are left out of the repr."""

    url: str
    method: Literal["GET", "POST"]
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = None


@cache
def engines() -> Mapping[str, Engine]:
    """Return all engines by name, in the order of preference."""
    rows = tomllib.loads(Path(__file__).with_name("engines.toml").read_text(encoding="utf-8"))
    return {name: _engine(name, row) for name, row in rows.items()}


def _engine(name: str, row: dict[str, Any]) -> Engine:
    for key in ("key_env", "auth"):
        if key in row:
            row[key] = tuple(row[key])
    return Engine(name, **row)


def request(engine: Engine, query: str, count: int, key: str | None, places: Mapping[str, str], url: str = "") -> Asked:
    """Return the request for a query; `url` is the server of one's own, in the place of the row's."""
    filled: dict[str, Any] = {**places, "query": query, "count": max(1, min(count, engine.most))}
    there = (url.rstrip("/") + engine.path) if url else engine.url
    if engine.query:
        there += "?" + urlencode(_fill(engine.query, filled))
    headers = dict(engine.headers)
    if engine.auth and key:
        headers[engine.auth[0]] = engine.auth[1].replace("{key}", key)
    content = None
    if engine.body is not None:
        content = json.dumps(_fill(engine.body, filled), ensure_ascii=False).encode()
        headers["content-type"] = "application/json"
    elif engine.form is not None:
        content = urlencode(_fill(engine.form, filled)).encode()
        headers["content-type"] = "application/x-www-form-urlencoded"
    return Asked(there, engine.method, headers, content)


def read(engine: Engine, body: bytes, count: int) -> list[WebResult]:
    """Return what an answer says, best first, each address once. Raises ProviderError."""
    found: dict[str, WebResult] = {}
    for result in _from_html(engine, body) if engine.html else _from_json(engine, body):
        if result.url.startswith(("http://", "https://")):
            found.setdefault(result.url, result)
    return list(found.values())[:count]


def _fill(value: Any, places: Mapping[str, Any]) -> Any:
    """Put values in their places; a text that is one place becomes the value itself, a number too."""
    if isinstance(value, dict):
        return {key: _fill(inner, places) for key, inner in cast("dict[str, Any]", value).items()}
    if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
        return places[value[1:-1]]
    return value


def _from_json(engine: Engine, body: bytes) -> Iterator[WebResult]:
    try:
        document: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise ProviderError(f"{engine.name}: the answer is not JSON") from None
    rows = _at(document, engine.results)
    for row in cast("Sequence[Any]", rows) if isinstance(rows, list) else ():
        said = {name: _plain(_at(row, path)) for name, path in engine.fields.items()}
        if said["url"]:
            yield WebResult(said["title"], said["url"], said["text"][:_TEXT], said.get("date", ""))


def _from_html(engine: Engine, body: bytes) -> Iterator[WebResult]:
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415  only where an engine has no JSON

    tree: Any = LexborHTMLParser(body.decode("utf-8", "replace"))
    for node in tree.css(engine.results):
        link = node.css_first(engine.fields["url"])
        if link is None:
            continue
        text = node.css_first(engine.fields["text"])
        url = urljoin(engine.url, link.attributes.get("href") or "")
        wrapped = parse_qs(urlsplit(url).query).get(engine.unwrap)
        said = " ".join(text.text().split()) if text is not None else ""
        yield WebResult(" ".join(link.text().split()), wrapped[0] if wrapped else url, said[:_TEXT])


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(value, dict):
            return None
        value = cast("dict[str, Any]", value).get(name)
    return value


def _plain(value: Any) -> str:
    """Return text without the marks that engines put around the words that were looked for."""
    return " ".join(html.unescape(_TAG.sub("", value)).split()) if isinstance(value, str) else ""
