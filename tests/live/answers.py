"""What aimock answers: one fixture a question; questions that are counted have one of each wire."""

from __future__ import annotations

from typing import Any

HELLO = "Hello there — größe 😀, in several pieces, from one who was written by others."
LONG = "One two three four five six seven eight nine ten eleven twelve thirteen."
WIRES = (
    "openai-chat", "openai-responses", "anthropic-messages", "gemini", "vertex", "azure", "cohere-v2", "ollama",
    "bedrock-converse", "bedrock-invoke-anthropic",
)  # fmt: skip


def fixtures() -> list[dict[str, Any]]:
    limited = {"error": {"message": "Too fast", "type": "rate_limit_error"}, "status": 429, "retryAfter": 1}
    counted = [
        entry
        for wire in WIRES
        for entry in (
            said(f"busy for {wire}.", limited, sequenceIndex=0),
            said(f"busy for {wire}.", {"content": "Now there is time."}, sequenceIndex=1),
        )
    ]
    call = {"name": "read_file", "arguments": {"path": "notes.txt"}}
    return [
        *counted,
        said("say hello", {"content": HELLO}),
        said("read one", {"toolCalls": [call]}, hasToolResult=False),
        said("read one", {"content": "It says violet."}, toolResultContains="violet"),
        said("read two", {"toolCalls": [call, {**call, "arguments": {"path": "more.txt"}}]}, hasToolResult=False),
        said("read two", {"content": "They say violet and green."}, toolResultContains="green"),
        said("think first", {"content": "42", "reasoning": "Six times seven."}),
        said("always busy", limited),
        said("fail", {"error": {"message": "It broke", "type": "server_error"}, "status": 500}),
        said("refuse", {"error": {"message": "No such thing", "type": "invalid_request_error"}, "status": 400}),
        said("to the limit", {"content": "As long as it may be", "finishReason": "length"}),
        {**said("vanish", {"content": LONG}), "latency": 30, "chunkSize": 5, "disconnectAfterMs": 200},
        {**said("break off", {"content": LONG}), "latency": 30, "chunkSize": 5, "truncateAfterChunks": 6},
    ]


def said(question: str, answer: dict[str, Any], **match: Any) -> dict[str, Any]:
    return {"match": {"userMessage": question, **match}, "response": answer}
