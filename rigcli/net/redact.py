"""Keys out of headers, URLs and texts, for --debug, --explain and whatever else is shown. Pure."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from rigcli.core.requests import Prepared
from rigcli.net.endpoint import Endpoint

MASK = "[redacted]"
SHORTEST = 6
"""A known key shorter than this is no secret worth a search: replacing it would only garble the text."""

_SECRET_NAME = re.compile(
    r"authorization|cookie|token|secret|password|credential|signature|(?:^|[-_])(?:api)?key$|apikey", re.IGNORECASE
)
_HARMLESS = frozenset({"max_tokens", "max_completion_tokens"})
_KEY_SHAPES = re.compile(
    r"""
    \bsk-[A-Za-z0-9_-]{8,}              # OpenAI, Anthropic (sk-ant-), OpenRouter (sk-or-), DeepSeek
    | \b(?:gsk|xai|hf|pplx|csk|nvapi|r8|fw|tgp_v1)[_-][A-Za-z0-9_-]{12,}
    | \bAIza[A-Za-z0-9_-]{20,}          # Google
    | \bgh[pousr]_[A-Za-z0-9]{20,} | \bgithub_pat_[A-Za-z0-9_]{20,}
    | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b     # AWS
    | (?<=Bearer\ )[A-Za-z0-9._~+/=-]{8,}
    | (?<=bearer\ )[A-Za-z0-9._~+/=-]{8,}
    """,
    re.VERBOSE,
)


def redact_text(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a text without the known secrets, as they are or URL-quoted, and without whatever looks like a key."""
    for secret in sorted({s for s in secrets if len(s) >= SHORTEST}, key=len, reverse=True):
        for shape in {secret, quote(secret, safe=""), json.dumps(secret)[1:-1]}:
            text = text.replace(shape, MASK)
    return _KEY_SHAPES.sub(MASK, text)


def redact_headers(headers: Mapping[str, str], secrets: Iterable[str] = ()) -> dict[str, str]:
    """Return headers with the values of telling names masked; the scheme (`Bearer`) stays."""
    known = tuple(secrets)
    return {name: _masked(value) if is_secret(name) else redact_text(value, known) for name, value in headers.items()}


def redact_url(url: str, secrets: Iterable[str] = ()) -> str:
    """Return a URL without user name, password and the values of telling query names."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode([(name, MASK if is_secret(name) else value) for name, value in pairs], safe="[]")
    host = parts.netloc.rpartition("@")[2]
    return redact_text(urlunsplit((parts.scheme, host, parts.path, query, "")), secrets)


def secrets_of(endpoint: Endpoint) -> tuple[str, ...]:
    """Return the values that must never be shown: those of telling headers and query names."""
    return (*(value.rpartition(" ")[2] for value in telling(endpoint.headers)), *telling(endpoint.query))


def telling(values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values whose names say that they are secret: of headers, a query, an environment."""
    return tuple(value for name, value in values.items() if is_secret(name))


def curl(endpoint: Endpoint, prepared: Prepared, signed: str | None = None) -> str:
    """Return the request as a `curl` command line without keys, for --explain; it can be pasted once one is added.

    `signed` is what curl signs for where a signature stands for the key: `aws:amz:REGION:SERVICE`.
    """
    secrets = secrets_of(endpoint)
    words = ["curl", "-sN" if prepared.body.get("stream") else "-s"]
    if prepared.method != "POST":
        words += ["-X", prepared.method]
    if signed:
        words += ["--aws-sigv4", signed, "--user", MASK]
    words.append(redact_url(endpoint.url(prepared.path), secrets))
    headers = {**endpoint.headers, **prepared.headers}
    if prepared.method != "GET":
        headers = {"content-type": "application/json", **headers}
        body = redact_text(json.dumps(prepared.body, ensure_ascii=False), secrets)
    else:
        body = None
    for name, value in redact_headers(headers, secrets).items():
        words += ["-H", f"{name}: {value}"]
    if body is not None:
        words += ["-d", body]
    return " ".join(map(shlex.quote, words))


def is_secret(name: str) -> bool:
    """Tell whether a header or query name says that its value is a key."""
    return name.lower() not in _HARMLESS and _SECRET_NAME.search(name) is not None


def _masked(value: str) -> str:
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {MASK}" if space and scheme.lower() in ("bearer", "basic", "token") else MASK
