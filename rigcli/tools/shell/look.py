"""Every command that a line would run, wrappers looked through: what rules are held against."""

from __future__ import annotations

from dataclasses import dataclass, field

from rigcli.tools.shell.syntax import Parsed, Simple, parse
from rigcli.tools.shell.wrappers import inner_of

DEEPEST = 8


@dataclass(slots=True)
class Looked:
    """`needed`: each must be allowed for the line to be. `reached`: all that would run, for whoever forbids.

    `doubts` say why the line may run something else as well: with one of them no rule allows it.
    """

    needed: list[Simple] = field(default_factory=list[Simple])
    reached: list[Simple] = field(default_factory=list[Simple])
    doubts: list[str] = field(default_factory=list[str])


def look_through(line: str) -> Looked:
    """Return what a command line would run. Never raises."""
    parsed = parse(line)
    looked = Looked(doubts=list(parsed.doubts))
    if not parsed.commands and not parsed.doubts:
        looked.doubts.append("it holds no command")
    for simple in parsed.commands:
        looked.needed.append(_framed(simple, 0))
        _reach(simple, looked, 0)
    return looked


def _framed(simple: Simple, depth: int) -> Simple:
    """Return the command inside wrappers that only lend a frame, `timeout 5 nice pytest` -> `pytest`."""
    for inner in inner_of(simple.words) if depth < DEEPEST else ():
        if inner.transparent and simple.known is not None:
            words = inner.words
            return _framed(Simple(words, " ".join(word or "" for word in words)), depth + 1)
    return simple


def _reach(simple: Simple, looked: Looked, depth: int) -> None:
    looked.reached.append(simple)
    if depth >= DEEPEST:
        looked.doubts.append("it is nested too deep")
        return
    for inner in inner_of(simple.words):
        if inner.line is not None:
            within: Parsed = parse(inner.line)
            looked.doubts += [doubt for doubt in within.doubts if doubt not in looked.doubts]
            for each in within.commands:
                _reach(each, looked, depth + 1)
        elif inner.words:
            _reach(Simple(inner.words, " ".join(word or "?" for word in inner.words)), looked, depth + 1)
