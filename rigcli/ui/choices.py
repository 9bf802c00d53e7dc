"""How the other answers of a request are shown, as text and as JSON. Standard library only."""

from __future__ import annotations

import json
from typing import Any

from rigcli.core.choices import Choice, TokenLogprob
from rigcli.core.messages import FinishReason, Message

TOLD = "how likely the tokens were is told by --format json and jsonl only"


def heading(choice: Choice) -> str:
    """Return the line that stands above an answer: they are counted from 1 for people."""
    return f"--- choice {choice.index + 1} ---"


def as_text(choice: Choice) -> str:
    """Return what an answer says: its text, or what it is instead of one. Unfiltered."""
    message = choice.message
    calls = [f"(calls {call.name} {call.arguments})" for call in message.tool_calls]
    refusal = [f"(refused: {message.refusal})"] if message.refusal else []
    cut = [f"({choice.reason})"] if choice.reason in ("length", "content_filter", "incomplete", "error") else []
    return "\n".join(filter(None, (message.text.rstrip("\n"), *refusal, *calls, *cut))) or "(nothing)"


def entry(
    index: int, message: Message, reason: FinishReason, raw: str | None, logprobs: list[dict[str, Any]] | None
) -> dict[str, Any]:
    """Return an entry of `choices`."""
    return {
        "index": index,
        "text": message.text,
        "reasoning": message.reasoning,
        "refusal": message.refusal or None,
        "tool_calls": [
            {"id": call.id, "name": call.name, "arguments": decoded(call.arguments)} for call in message.tool_calls
        ],
        "finish_reason": reason,
        "raw_finish_reason": raw,
        "logprobs": logprobs,
    }


def fields(choice: Choice) -> dict[str, Any]:
    """Return an entry of `choices` for another answer than the first."""
    return entry(choice.index, choice.message, choice.reason, choice.raw_reason, likely(choice.logprobs))


def likely(tokens: tuple[TokenLogprob, ...] | list[TokenLogprob]) -> list[dict[str, Any]] | None:
    """Return `logprobs`, None where nobody said any."""
    return [token.to_json() for token in tokens] or None


def decoded(arguments: str) -> Any:
    """Return a call's arguments as JSON, or the model's text where it is none; nothing at all means no arguments."""
    try:
        return json.loads(arguments or "{}")
    except ValueError:
        return arguments
