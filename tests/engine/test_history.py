"""What is sent of a conversation: whole groups, from a question on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rigcli.core.messages import Message, ToolCallPart, ToolResultPart, assistant, system, user
from rigcli.engine.history import boundary, window


def turn(number: int, calls: int) -> list[Message]:
    """One question, an answer with calls and their results, the answer."""
    parts = tuple(ToolCallPart(f"{number}-{n}", "t", "{}") for n in range(calls))
    results = [Message("tool", (ToolResultPart(part.id, "t", "x" * 40),)) for part in parts]
    return [
        user(f"question {number}"),
        *([Message("assistant", parts), *results] if calls else []),
        assistant("answer"),
    ]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.sampled_from(["messages", "tokens"]), st.integers(1, 60))
def test_no_call_is_ever_without_its_result_and_the_last_question_stays(calls, policy, keep) -> None:
    whole = [system("be brief"), *(message for n, many in enumerate(calls) for message in turn(n, many))]
    cut = window(whole, policy, keep)
    asked = {part.id for m in cut for part in m.parts if isinstance(part, ToolCallPart)}
    told = {part.id for m in cut for part in m.parts if isinstance(part, ToolResultPart)}
    assert asked == told
    assert cut[:2] == [whole[0], cut[1]]
    assert cut[1].role == "user"
    assert cut[-len(turn(0, calls[-1])) :] == whole[-len(turn(0, calls[-1])) :]
    assert len(cut) - 1 <= max(keep, len(turn(0, calls[-1]))) or policy == "tokens"


def test_all_is_all() -> None:
    assert window([user("a"), assistant("b")], "all", 1) == [user("a"), assistant("b")]
    assert boundary([], "tokens", 1) == 0
