"""A session file as it is read: the records that can be trusted, and what is wrong with the rest.

One JSON record a line. The first is the session, then

    {"type":"message","id":"2","parent":"1","time":…,"role":…,"parts":[…], …}   a whole message; parents make a tree
    {"type":"begin","id":"3","parent":"2","model":…,"provider":…}               an answer begins
    {"type":"chunk","text":…} | {"type":"chunk","reasoning":…} | {"type":"chunk","event":{…}}   what came, as it came
    {"type":"head","id":"1"}      the conversation goes on from there
    {"type":"title","title":…}    a new name
    {"type":"call","of":"3","n":0,"state":"began"|"done"|"decided", …}   what a call without a result came to (runs.py)
    {"type":"paused","of":"3"}    the run waits for approvals

The whole message under the id of its `begin` replaces the chunks; where it never came, the chunks are the answer.
Records of an unknown type are left alone. Pure but for `read`, which reads one file and changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, cast

from rigcli.core.errors import StorageError, UsageError
from rigcli.core.events import Event, Finish, Fold, Media, Opaque, Reasoning, Refusal, Start, Text, ToolCall
from rigcli.core.messages import MediaPart, Message
from rigcli.core.usage import Usage
from rigcli.home.paths import read_private
from rigcli.home.sessions.codec import Get, Json, decode, encode
from rigcli.home.sessions.records import VERSION

CHUNK = b'{"type":"chunk"'
_LARGEST = 1 << 30  # bytes
_PIECES: dict[str, type[Text | Reasoning | Refusal]] = {"text": Text, "reasoning": Reasoning, "refusal": Refusal}
_Damage: TypeAlias = str
_SCAN: Callable[[str], tuple[Any, int]] = json.JSONDecoder().raw_decode


@dataclass(slots=True)
class Node:
    """One message of the tree. `record` is its line; `message` has empty attachments until they are asked for."""

    id: str
    parent: str | None
    message: Message
    record: Json

    @property
    def incomplete(self) -> str | None:
        """Why the answer is not whole, or None."""
        reason = self.record.get("incomplete")
        return None if reason is None else str(reason)


@dataclass(slots=True)
class Transcript:
    """What a session file holds. `damage` says what is wrong after the first `good` bytes; None where all is well.

    `open` is an answer without its end: the process that wrote it died, or is still writing.
    """

    id: str
    header: Json
    title: str | None = None
    nodes: dict[str, Node] = field(default_factory=dict[str, Node])
    head: str | None = None
    open: Node | None = None
    marks: dict[tuple[str, int], Json] = field(default_factory=dict[tuple[str, int], Json])
    """Of calls by message and number: `began`, `done`, `decided` -> the record."""
    paused: Json | None = None
    """The record of the last pause."""
    good: int = 0
    damage: _Damage | None = None
    ends_line: bool = True

    def path(self) -> list[Node]:
        """Return the messages from the first to the head, in order."""
        nodes: list[Node] = []
        at = self.head
        while at is not None:  # parents come before their children in the file, so that this ends
            node = self.nodes[at]
            nodes.append(node)
            at = node.parent
        return nodes[::-1]

    def close_open(self) -> Node | None:
        """Take an answer without its end into the tree, marked incomplete; return it."""
        node, self.open = self.open, None
        if node is not None:
            self.nodes[node.id] = node
            self.head = node.id
        return node


def read(path: Path, session: str) -> Transcript:
    """Read a session file. Raises UsageError (no such session), StorageError (unreadable, or of a newer rig)."""
    data = read_private(path, limit=_LARGEST)
    if data is None:
        raise UsageError(f"no session {session!r}", hint="`rig sessions list` shows them")
    return parse(data, session)


def parse(data: bytes, session: str) -> Transcript:
    """Return what the bytes of a session file hold: everything before the first line that cannot be read.

    Raises StorageError where a newer rig wrote it.
    """
    found = Transcript(session, {})
    chunks: list[bytes] = []
    lines = data.split(b"\n")
    torn = lines.pop()  # what follows the last line end: nothing, or a line that was being written
    for line in lines:
        if line.startswith(CHUNK):
            chunks.append(line)  # not even parsed: most belong to answers that came to their end
        elif damage := _take(line, found, chunks):
            found.damage = damage
            break
        found.good += len(line) + 1
    else:
        if torn:
            _take_torn(torn, found, chunks)
    if found.open is not None:
        _recover(found.open.record, chunks, found)
    return found


def _take_torn(line: bytes, found: Transcript, chunks: list[bytes]) -> None:
    """A last line without its end is good if it happens to be whole."""
    if not line.startswith(CHUNK):
        damage = _take(line, found, chunks)
    else:
        damage = None if _json(line) is not None else "torn"
        chunks.append(line)
    if damage:
        found.damage = "the last line is torn"
    else:
        found.good += len(line)
        found.ends_line = False


def _take(line: bytes, found: Transcript, chunks: list[bytes]) -> _Damage | None:
    """Take one record in; return what is wrong with it."""
    record = _json(line)
    if record is None:
        return "a line is not JSON"
    if not found.header:
        return _take_header(record, found)
    damage: _Damage | None = None
    match record.get("type"):
        case "message":
            damage = _take_message(record, found)
            chunks.clear()
        case "begin":
            damage = _take_begin(record, found)
            chunks.clear()
        case "head":
            damage = _take_head(record, found)
        case "title":
            found.title = str(record.get("title") or "") or None
        case "call":
            take_mark(record, found)
        case "paused":
            found.paused = record
        case str():
            pass  # of a later rig of the same version
        case _:
            damage = "a record has no type"
    return damage


def take_mark(record: Json, found: Transcript) -> None:
    """Take in what happened to a call; a record that names none says nothing."""
    of, number, state = record.get("of"), record.get("n"), record.get("state")
    if isinstance(of, str) and isinstance(number, int) and isinstance(state, str):
        found.marks.setdefault((of, number), {})[state] = record


def _take_head(record: Json, found: Transcript) -> _Damage | None:
    target = record.get("id")
    if target is not None and (not isinstance(target, str) or target not in found.nodes):
        return "a head record points nowhere"
    found.head = target
    return None


def _take_begin(record: Json, found: Transcript) -> _Damage | None:
    id_ = record.get("id")
    if not isinstance(id_, str) or id_ in found.nodes:  # a taken id would make a circle of the tree
        return "a begin record has no id of its own"
    found.open = Node(id_, _parent(record), Message("assistant", ()), record)
    return None


def _take_header(record: Json, found: Transcript) -> _Damage | None:
    version = record.get("v")
    if record.get("type") != "session" or not isinstance(version, int) or isinstance(version, bool):
        return "the first line is not that of a session"
    if version > VERSION:
        raise StorageError(
            f"session {found.id}: was written by a newer rig (format {version})",
            hint="update rig; the file is untouched",
        )
    found.header = record
    found.title = str(record.get("title") or "") or None
    return None


def _take_message(record: Json, found: Transcript) -> _Damage | None:
    id_ = record.get("id")
    parent = _parent(record)
    if not isinstance(id_, str) or id_ in found.nodes or (parent is not None and parent not in found.nodes):
        return "a message has no place in the conversation"
    try:
        message = decode(record, _no_bytes)
    except ValueError as error:
        return str(error)
    found.nodes[id_] = Node(id_, parent, message, record)
    found.head = id_
    found.open = None
    return None


def _recover(begin: Json, chunks: list[bytes], found: Transcript) -> None:
    """Make the answer of its chunks, as far as they can be read."""
    state = Fold()
    blobs: list[Json] = []
    for line in chunks:
        record = _json(line)
        if record is None:
            break
        if (event := event_of(record)) is not None:
            state.add(event)
            if isinstance(event, Media) and event.data is not None:
                blobs.append({name: record["event"][name] for name in ("sha256", "size")})
    parent = _parent(begin)
    record = {**begin, "type": "message", "role": "assistant", "incomplete": "process ended"}
    if state.start:
        record["model"] = state.start.model or begin.get("model")
        record["response_id"] = state.start.response_id
    record["finish_reason"] = "incomplete"
    if state.usage != Usage():
        record["usage"] = state.usage.to_json()
    message = state.message()
    kept = iter(blobs)
    record |= encode(message, lambda _: next(kept, dict[str, Any]()))
    found.open = Node(str(begin["id"]), parent if parent in found.nodes else found.head, message, record)


def event_of(record: Json) -> Event | None:  # noqa: PLR0911  one way a kind of record
    """Return the event of a chunk record, or None where it says nothing about the message."""
    for name, piece in _PIECES.items():
        if isinstance(text := record.get(name), str):
            return piece(text)
    event = record.get("event")
    if not isinstance(event, dict):
        return None
    fields = {str(k): v for k, v in cast("dict[Any, Any]", event).items()}
    if fields.get("type") == "media":
        return _media(fields)
    kind = next((k for k in (Opaque, ToolCall, Usage, Start, Finish) if _type_of(k) == fields.get("type")), None)
    if kind is None:
        return None
    texts = (fields.get(name, "") for name in ("id", "name", "arguments", "wire"))
    if not all(isinstance(text, str) for text in texts) or not isinstance(fields.get("data", {}), dict):
        return None
    try:
        return kind(**fields)
    except TypeError:
        return None


def _media(fields: Json) -> Media | None:
    """Return a picture without its bytes: they are read when the message is asked for."""
    kind, media_type, url = fields.get("kind"), fields.get("media_type"), fields.get("url")
    if kind not in ("image", "audio") or not isinstance(media_type, str):
        return None
    kept = isinstance(fields.get("sha256"), str) and isinstance(fields.get("size"), int)
    if not kept and not isinstance(url, str):
        return None
    return Media(kind, media_type, b"" if kept else None, url if isinstance(url, str) else None)


def _type_of(kind: Any) -> str:
    return str(kind.__dataclass_fields__["type"].default)


def with_attachments(node: Node, get: Get) -> Message:
    """Return the message with the bytes of its attachments; one that was added in this process has them already."""
    if any(isinstance(part, MediaPart) and part.data == b"" for part in node.message.parts):
        return decode(node.record, get)
    return node.message


def _no_bytes(_part: Json) -> bytes:
    return b""


def _parent(record: Json) -> str | None:
    parent = record.get("parent")
    return parent if isinstance(parent, str) else None


def _json(line: bytes) -> Json | None:
    """Return the object that a line holds, or None. The decoder's inner call: half the price of json.loads a line."""
    try:
        text = line.decode("utf-8")
        value, end = _SCAN(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and end == len(text.rstrip()) else None  # pyright: ignore[reportUnknownVariableType]  JSON has text for keys
