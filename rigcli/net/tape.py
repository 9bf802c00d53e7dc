"""Recordings of whole exchanges: what was asked, what came, and which recorded answer fits a question.

A recording is JSON Lines: a head `{"v": 1, "type": "recording"}` and one `exchange` a line. Keys, cookies and headers
that carry them are never in it. An answer's pieces are kept as they came from the network, decompressed.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any, cast
from urllib.parse import urlsplit

from rigcli.core.errors import ConfigError, UsageError
from rigcli.core.requests import Prepared
from rigcli.net.redact import is_secret, redact_text

HEAD = {"v": 1, "type": "recording"}
TOLD = 3
"""So many differences are named where no answer fits."""
HINTS = frozenset({"prompt_cache_key"})
"""What tells a server where to look and not what to say: sent to some servers and not to others, never matched."""
_HOP = frozenset({"content-encoding", "content-length", "transfer-encoding", "connection"})
"""Headers about how the bytes travelled: the recorded ones travel no more."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request is matched by. `body` is JSON without keys, or size and hash of what is no JSON."""

    method: str
    path: str
    body: Any

    @property
    def title(self) -> str:
        return f"{self.method} {self.path}"

    def canonical(self) -> str:
        return json.dumps(self.body, sort_keys=True, ensure_ascii=False)


@dataclass(slots=True)
class Exchanged:
    """One exchange as it is kept.

    `pieces` are text, or `{"base64": …}` where a piece is none; `broken` says why the answer has no end.
    """

    method: str
    path: str
    url: str
    body: Any
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    pieces: Sequence[Any] = ()
    retry_after: float | None = None
    broken: str | None = None

    @property
    def asked(self) -> Asked:
        return Asked(self.method, self.path, self.body)

    def chunks(self) -> Iterator[bytes]:
        for piece in self.pieces:
            yield piece.encode() if isinstance(piece, str) else base64.b64decode(piece["base64"])


def asked(prepared: Prepared, url: str, secrets: Iterable[str] = ()) -> Asked:
    """Return what a request is matched by; `url` is where it goes."""
    body: Any = None
    if prepared.content is not None:
        body = {"bytes": len(prepared.content), "sha256": sha256(prepared.content).hexdigest()}
    elif prepared.method != "GET":
        sent = {name: value for name, value in prepared.body.items() if name not in HINTS}
        body = json.loads(redact_text(json.dumps(sent, ensure_ascii=False), secrets))
    return Asked(prepared.method, urlsplit(url).path, body)


def kept_headers(headers: Mapping[str, str], secrets: Iterable[str]) -> dict[str, str]:
    """Return the headers of an answer without cookies and keys."""
    known = tuple(secrets)
    kept = {name: value for name, value in headers.items() if name not in _HOP and not is_secret(name)}
    return {name: redact_text(value, known) for name, value in kept.items()}


def kept_pieces(pieces: Sequence[bytes], secrets: Iterable[str]) -> list[Any]:
    """Return the pieces of an answer; where one held a key, wherever the network cut it, its lines without it."""
    whole = b"".join(pieces).decode("latin-1")
    shown = redact_text(whole, secrets)
    if shown != whole:
        pieces = [line.encode("latin-1") for line in shown.splitlines(keepends=True)]
    return [_piece(piece) for piece in pieces]


def line(exchanged: Exchanged) -> bytes:
    table = {"v": 1, "type": "exchange", **asdict(exchanged)}
    return json.dumps(table, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def read(data: bytes, name: str) -> list[Exchanged]:
    """Return the exchanges of a recording. Raises ConfigError for what is none."""
    found: list[Exchanged] = []
    head, *lines = data.split(b"\n")
    if not is_head(head):
        raise ConfigError(f"{name}: is no recording of rig", hint="make one with --record FILE")
    for number, text in enumerate(lines, 2):
        if not text.strip():
            continue
        one = _exchange(text)
        if one is None:
            raise ConfigError(f"{name}: line {number} is damaged", hint="record it again")
        found.append(one)
    return found


def _exchange(text: bytes) -> Exchanged | None:
    try:
        table: dict[str, Any] = json.loads(text)
        if (table.pop("v"), table.pop("type")) != (1, "exchange"):
            return None
        one = Exchanged(**table)
        b"".join(one.chunks())
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return one


def is_head(text: bytes) -> bool:
    try:
        return json.loads(text) == HEAD
    except ValueError:
        return False


class Tape:
    """The exchanges that are still to be played; each is played once, equal ones in the order they were recorded."""

    def __init__(self, exchanges: Sequence[Exchanged], name: str) -> None:
        self._left = list(exchanges)
        self._all = tuple(exchanges)
        self._name = name

    def take(self, wanted: Asked, *, rooted: bool = True) -> Exchanged:
        """Return the answer for a request. Raises UsageError that says what differs.

        Without `rooted` the path is only the end of the recorded one, whose base URL nobody knows.
        """
        near = [one for one in self._left if one.method == wanted.method and _at(one.path, wanted.path, rooted=rooted)]
        for one in near:
            if one.asked.canonical() == wanted.canonical():
                self._left.remove(one)
                return one
        raise UsageError(
            f"{self._name}: no answer is recorded for {wanted.title}: {self._why(wanted, near)}", hint=_AGAIN
        )

    def _why(self, wanted: Asked, near: Sequence[Exchanged]) -> str:
        if near:
            found = min((list(differences(one.body, wanted.body)) for one in near), key=len)
            more = f" and {len(found) - TOLD} more" if len(found) > TOLD else ""
            return "; ".join(found[:TOLD]) + more
        if any(one.path.endswith(wanted.path) and one.asked.canonical() == wanted.canonical() for one in self._all):
            return "all that were are played already"
        titles = dict.fromkeys(one.asked.title for one in self._all)
        return f"it holds {', '.join(titles) or 'nothing'}"


_AGAIN = "ask what was recorded, or record it again with --record"


def differences(recorded: Any, given: Any, path: str = "") -> Iterator[str]:
    """Yield where two JSON values differ, in words: `messages[1].content: "a" was recorded, "b" is asked`."""
    if isinstance(recorded, dict) and isinstance(given, dict):
        before, now = cast("dict[str, Any]", recorded), cast("dict[str, Any]", given)
        for key in dict.fromkeys([*before, *now]):
            yield from differences(before.get(key, _NONE), now.get(key, _NONE), f"{path}.{key}" if path else key)
    elif isinstance(recorded, list) and isinstance(given, list):
        ones, twos = cast("list[Any]", recorded), cast("list[Any]", given)
        for at in range(max(len(ones), len(twos))):
            one, two = (many[at] if at < len(many) else _NONE for many in (ones, twos))
            yield from differences(one, two, f"{path}[{at}]")
    elif json.dumps(recorded, default=str) != json.dumps(given, default=str):
        yield f"{path or 'the body'}: {_shown(recorded)} was recorded, {_shown(given)} is asked"


class _Nothing:
    def __str__(self) -> str:
        return "\0nothing"


_NONE = _Nothing()


def _shown(value: Any) -> str:
    if value is _NONE:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"  # noqa: PLR2004  three of them fit a screen


def _at(recorded: str, path: str, *, rooted: bool) -> bool:
    return recorded == path or (not rooted and recorded.endswith("/" + path.lstrip("/")))


def _piece(piece: bytes) -> Any:
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(piece).decode()}
