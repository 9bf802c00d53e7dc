"""The whole state of a run as one value: it can be written down, and go on in another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, TypeAlias

from rigcli.core.errors import DeniedError, LimitError, RigError, StorageError
from rigcli.core.messages import Message, ToolCallPart
from rigcli.core.ports import Verdict
from rigcli.core.usage import Usage
from rigcli.home.sessions.codec import decode, encode

VERSION = 1
Stop: TypeAlias = Literal["done", "reported", "turn_limit", "paused"]


@dataclass(slots=True)
class OpenCall:
    """A call without a recorded result. `outcome` is there when it ran while an earlier sibling still waits.

    `number` is its place among the calls of its answer. `began` says that it was started by a process that died: it may
    or may not have run. `verdict` was given before, by somebody in another process.
    """

    call: ToolCallPart
    outcome: Outcome | None = None
    number: int = 0
    began: bool = False
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call came to: text for the model, why there is no result, and the decision behind it."""

    content: str
    error: str | None = None
    decision: str = "allow"


@dataclass(slots=True)
class RunState:
    """Everything a run knows. `messages` is the whole history, results included; `open` are calls still to be settled.

    `stopped` is why the run ended: done (the model had no more calls), reported (calls were asked for and, as wished,
    not run), turn_limit, paused. `denials` are the rules that would have allowed what nobody could approve.
    `queued` are messages that follow once the open calls have their results.
    """

    messages: list[Message] = field(default_factory=list[Message])
    turns: int = 0
    usage: Usage = field(default_factory=Usage)
    open: list[OpenCall] = field(default_factory=list[OpenCall])
    denials: list[str] = field(default_factory=list[str])
    unusable: int = 0
    """Answers in a row whose calls could not be used."""
    last_call: str = ""
    repeats: int = 0
    """How often in a row `last_call` was asked for."""
    stopped: Stop | None = None
    queued: list[Message] = field(default_factory=list[Message])

    def counters(self) -> dict[str, Any]:
        """Return what a session keeps beside the messages of a run, for `resumed` in another process."""
        return {"usage": asdict(replace(self.usage, raw={}))} | {name: getattr(self, name) for name in _COUNTED}

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; bytes of media are base64."""
        return {
            "v": VERSION,
            "messages": [encode(message) for message in self.messages],
            "open": [asdict(entry) for entry in self.open],
            "queued": [encode(message) for message in self.queued],
            "usage": asdict(self.usage),
        } | {name: getattr(self, name) for name in _PLAIN}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> RunState:
        """Return the state that `to_json` wrote. Raises StorageError where it is damaged or newer."""
        if document.get("v") != VERSION:
            raise StorageError(
                f"state of a run: version {document.get('v')!r} is not known here", hint="a newer rig wrote it: update"
            )
        try:
            return cls(
                messages=[decode(message) for message in document["messages"]],
                open=[_open_in(entry) for entry in document["open"]],
                queued=[decode(message) for message in document.get("queued", ())],
                usage=Usage(**document["usage"]),
                **{name: document[name] for name in _PLAIN},
            )
        except (KeyError, TypeError, ValueError) as error:
            raise StorageError(f"state of a run: damaged: {type(error).__name__}: {error}") from None


_COUNTED = ("turns", "denials", "unusable", "last_call", "repeats")
_PLAIN = (*_COUNTED, "stopped")


def failure(state: RunState, max_turns: int) -> RigError | None:
    """Return the error that a run without an exception ends with all the same, for the caller to raise after printing.

    The turn limit is a LimitError (exit 7); an answer made after a denial that nobody could lift is a DeniedError
    (exit 5), whatever the answer says.
    """
    if state.stopped == "turn_limit":
        return LimitError(
            f"run: stopped after {max_turns} model calls with tool calls still open",
            hint="go on with --continue, or raise --max-turns",
        )
    if state.denials:
        rules = ", ".join(dict.fromkeys(rule for rule in state.denials if rule))
        return DeniedError(
            "tools: a call needed an approval that nobody could give, so it was denied",
            hint=f"the rule that would allow it: {rules}"
            if rules
            else "no rule allows it: run it where you can be asked",
        )
    return None


def _open_in(entry: Mapping[str, Any]) -> OpenCall:
    outcome, verdict = entry["outcome"], entry.get("verdict")
    return OpenCall(
        ToolCallPart(**entry["call"]),
        Outcome(**outcome) if outcome else None,
        entry.get("number", 0),
        entry.get("began", False),
        Verdict(**verdict) if verdict else None,
    )
