"""However the network cuts the bytes of an answer, and however its lines end, the same is read: over every recording.

A reader sees frames and nothing else, so the same frames are the same events; frames are quick to compare. Each recording
is cut in two at a sample of places; `RIG_EVERY_CUT=1` takes every place of every recording (minutes).
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rigcli.core.errors import RigError
from rigcli.core.events import Event
from rigcli.core.ports import Frame, Framing, JSONStreams
from rigcli.wire import decoder, load_wire
from tests.wire.test_recordings import RECORDINGS, REQUEST, WIRES, body_of, exchanges

pytestmark = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason=f"no recordings at {RECORDINGS}: set RIG_SHARED to the folder that holds `wire`"
)

EVERY = os.environ.get("RIG_EVERY_CUT") == "1"
SAMPLE = 20
SEAMS = re.compile(rb"\r\n|\n|\r|[\xc0-\xff]|data:|event:")


def framing_of(exchange: dict[str, Any]) -> Framing | None:
    """Return how a streamed answer is framed; None where it is one document."""
    if not exchange["stream"] or exchange["response"]["status"] != 200:
        return None
    wire = load_wire(WIRES[exchange["wire"]])
    kind = (exchange["response"]["headers"] or {}).get("content-type", "")
    if "json" not in kind or "ndjson" in kind:
        return wire.framing
    return wire.json_framing if isinstance(wire, JSONStreams) else None


def streams(wire: str) -> list[dict[str, Any]]:
    return [exchange for exchange in exchanges(wire) if framing_of(exchange)]


def frames_of(framing: Framing, pieces: Iterable[bytes]) -> tuple[list[Frame], str]:
    """Return the frames, and the error that ended them."""
    found: list[Frame] = []
    there = decoder(framing)
    try:
        for piece in pieces:
            found += there.feed(piece)
        found += there.close()
    except RigError as error:
        return found, repr(error)
    return found, ""


def events_of(wire: str, frames: Iterable[Frame]) -> tuple[list[Event], str]:
    found: list[Event] = []
    reader = load_wire(WIRES[wire]).reader(REQUEST)
    try:
        for frame in frames:
            found += reader.read(frame)
        found += reader.end()
    except RigError as error:
        return found, repr(error)
    return found, ""


def places(exchange: dict[str, Any], body: bytes) -> Iterable[int]:
    """Return where to cut: by chance, and where it hurts - inside line ends, characters and field names."""
    if EVERY:
        return range(len(body) + 1)
    chance = random.Random(exchange["id"])
    seams = [match.start() + 1 for match in SEAMS.finditer(body)] or [0]
    return [*(chance.randint(0, len(body)) for _ in range(SAMPLE // 2)), *chance.choices(seams, k=SAMPLE // 2)]


@pytest.mark.parametrize("wire", WIRES)
def test_a_cut_in_two_changes_nothing(wire: str) -> None:
    count = 0
    for exchange in streams(wire):
        body, framing = body_of(exchange), framing_of(exchange)
        assert framing is not None
        expected = frames_of(framing, [body])
        for place in places(exchange, body):
            assert frames_of(framing, [body[:place], body[place:]]) == expected, f"{exchange['id']} cut at {place}"
            count += 1
    print(f"{wire}: {len(streams(wire))} recordings, {count} cuts")  # noqa: T201  the figures, where asked for with -s
    assert count >= 9 * SAMPLE or wire == "bedrock-invoke-anthropic"


@pytest.mark.parametrize("wire", WIRES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_cut_gives_the_same_events(wire: str, data: st.DataObject) -> None:
    exchange = data.draw(st.sampled_from(streams(wire)), label="recording")
    body, framing = body_of(exchange), framing_of(exchange)
    assert framing is not None
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8), label="cuts"))
    bounds = [0, *cuts, len(body)]
    pieces = [body[start:end] for start, end in pairwise(bounds)]
    assert events_of(wire, frames_of(framing, pieces)[0]) == events_of(wire, frames_of(framing, [body])[0])


@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
@pytest.mark.parametrize("wire", WIRES)
def test_the_ends_of_lines_may_be_of_any_kind(wire: str, end: bytes) -> None:
    """An event stream may end its lines with LF, CR LF or CR (NDJSON not with CR alone)."""
    for exchange in streams(wire):
        framing = framing_of(exchange)
        if framing not in ("sse", "ndjson") or (framing == "ndjson" and end == b"\r"):
            continue
        body = body_of(exchange).replace(b"\r\n", b"\n")
        other = body.replace(b"\n", end)
        expected, error = events_of(wire, frames_of(framing, [body])[0])
        pieces = [other[place : place + 7] for place in range(0, len(other), 7)]
        found, raised = events_of(wire, frames_of(framing, pieces)[0])
        assert (found, bool(raised)) == (expected, bool(error)), exchange["id"]
