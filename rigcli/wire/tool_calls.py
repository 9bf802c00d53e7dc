"""Tool calls on their way in and out: fragments put together, names a provider refuses, ids that are missing.

How servers differ, all read here: fragments addressed by index, whole calls in one chunk, no index, no id, one index
for several calls, arguments as text, as null or as an object.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from rigcli.core.events import ToolCall
from rigcli.core.messages import ToolCallPart
from rigcli.core.requests import Request
from rigcli.wire.jsontext import dump, mend, parses

NAME_LIMIT = 64
_BAD_IN_NAME = re.compile(r"[^a-zA-Z0-9_-]")
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_SHORT_ID = 9


def wire_name(name: str) -> str:
    """Return a name that every provider takes ([a-zA-Z0-9_-]{1,64}); a changed one ends in a sum of the original."""
    if len(name) <= NAME_LIMIT and name and not _BAD_IN_NAME.search(name):
        return name
    return f"{_BAD_IN_NAME.sub('_', name)[: NAME_LIMIT - 9]}_{crc32(name.encode('utf-8', 'replace')):08x}"


def names_back(request: Request) -> dict[str, str]:
    """Return encoded name -> own name, for those tools of a request whose names are encoded."""
    return {coded: tool.name for tool in request.tools if (coded := wire_name(tool.name)) != tool.name}


def wire_id(id_: str) -> str:
    """Return a call id of letters, digits, _ and -: what another provider made up may hold more."""
    return _BAD_IN_NAME.sub("_", id_) or "call"


def short_id(id_: str) -> str:
    """Return an id of nine letters and digits (Mistral takes no other), the same for the same id."""
    if len(id_) == _SHORT_ID and id_.isascii() and id_.isalnum():
        return id_
    number, digits = crc32(id_.encode("utf-8", "replace")), ""
    while len(digits) < _SHORT_ID:
        number, digit = divmod(number, len(_BASE36))
        digits = _BASE36[digit] + digits
    return digits


def calls_before(request: Request) -> int:
    """Return how many calls a conversation holds already: ids made up here go on counting from there."""
    return sum(isinstance(part, ToolCallPart) for message in request.messages for part in message.parts)


@dataclass(slots=True)
class _Call:
    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list[str])

    @property
    def arguments(self) -> str:
        return "".join(self.pieces)


class Calls:
    """The calls of one answer, in the order in which they began."""

    __slots__ = ("_all", "_by_index", "_first_number", "_names")

    def __init__(self, request: Request) -> None:
        self._names = names_back(request)
        self._first_number = calls_before(request)
        self._all: list[_Call] = []
        self._by_index: dict[int, _Call] = {}

    def __bool__(self) -> bool:
        return bool(self._all)

    def add(self, index: Any, id_: Any, name: Any, arguments: Any) -> None:
        """Take one fragment as it came; each field may be missing, null or empty."""
        id_ = id_ if isinstance(id_, str) else "" if id_ is None else str(id_)
        name = name if isinstance(name, str) else ""
        number = index if isinstance(index, int) else None
        call = self._by_index.get(number) if number is not None else self._unaddressed(id_)
        if call is None or _begins_another(call, id_, name, addressed=number is not None):
            if not (id_ or name or arguments):
                return
            call = _Call()
            self._all.append(call)
        if number is not None:
            self._by_index[number] = call
        call.id = call.id or id_
        if name and name != call.name and not call.pieces:
            call.name += name  # a name may come in pieces, or whole with each fragment
        if isinstance(arguments, str):
            if arguments:
                call.pieces.append(arguments)
        elif arguments is not None:
            call.pieces.append(dump(arguments))

    def _unaddressed(self, id_: str) -> _Call | None:
        """A fragment without an index goes on with the call of its id, or with the last one."""
        if id_:
            return next((call for call in self._all if call.id == id_), None)
        return self._all[-1] if self._all else None

    def finish(self, *, cut: bool) -> Iterable[ToolCall]:
        """Return the calls. `cut`: the answer hit the length limit, so a call whose JSON broke off is not complete."""
        calls = [call for call in self._all if call.name]  # one without a name is filler: nothing could be called
        seen: set[str] = set()
        for number, call in enumerate(calls):
            arguments, last = mend(call.arguments), number == len(calls) - 1
            broken = cut and not (parses(arguments) if arguments else not last)
            id_ = call.id
            if not id_ or id_ in seen:  # a result must be able to say which call it answers
                id_ = f"{id_ or 'call'}_{self._first_number + number}"
            seen.add(id_)
            name = self._names.get(call.name, call.name)
            yield ToolCall(id_, name, arguments if arguments or broken else "{}", complete=not broken)


class LastCall:
    """The calls of an answer that come one after the other, each held back: only the last one can have been cut."""

    __slots__ = ("_held", "_names", "_number", "any")

    def __init__(self, request: Request) -> None:
        self._names = names_back(request)
        self._number = calls_before(request)
        self._held: ToolCall | None = None
        self.any = False

    def hold(self, name: str, id_: str, arguments: str, *, complete: bool = True) -> None:
        """Take a call; a missing id is made up."""
        self.any = True
        self._held = ToolCall(id_ or f"call_{self._number}", self._names.get(name, name), arguments, complete)
        self._number += 1

    def release(self, *, cut: bool = False) -> Iterator[ToolCall]:
        """Yield the call that was held. `cut`: the answer hit the length limit, so broken JSON is not complete."""
        call, self._held = self._held, None
        if call is None:
            return
        if not call.complete or (cut and not parses(call.arguments)):
            yield ToolCall(call.id, call.name, call.arguments, complete=False)
        else:
            yield ToolCall(call.id, call.name, call.arguments or "{}")


def _begins_another(call: _Call, id_: str, name: str, *, addressed: bool) -> bool:
    """Tell a new call that stands at an index already taken (or at none) from the next fragment of the old one."""
    if not name or not call.name:
        return False
    if id_ and call.id:
        return id_ != call.id
    if not addressed and name != call.name:
        return True
    return bool(call.pieces) and parses(call.arguments)
