"""Compact a conversation: a model sums up its beginning, and what is sent from now on is the summary and the rest."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

from rigcli.cli.target import asking, keep_local
from rigcli.core.errors import IncompleteError, UsageError
from rigcli.core.events import Fold
from rigcli.core.messages import Message, system, user
from rigcli.core.requests import Request
from rigcli.engine.history import HEADER, INSTRUCTION, as_text, boundary, tokens_of
from rigcli.home.sessions.compaction import KEY, sent

if TYPE_CHECKING:
    from rigcli.cli.talk import Talk


def context_of(talk: Talk) -> int | None:
    """Return how many tokens the model reads at once: the setting, or what is known of the model; None: unknown."""
    if own := talk.settings.get("history.context"):
        return int(own)
    if talk.target.access.base_url_origin != "built-in":
        return None
    from rigcli.providers.prices import find_model, renewed_folder

    row = find_model(talk.target.provider, talk.target.model, renewed=renewed_folder(talk.settings.folders.data))
    return row.context if row else None


def is_near_the_limit(talk: Talk, prompt: Message | None) -> bool:
    """Tell whether the next request would fill more of the model's window than the settings allow."""
    most = context_of(talk)
    if most is None:
        return False
    used = sum(map(tokens_of, [*talk.session.messages(), *([prompt] if prompt else [])]))
    return used > talk.settings.get("history.compact_at") * most


async def compact(talk: Talk, wish: str = "") -> tuple[int, int]:
    """Sum up what was said before the last turns; return the tokens before and after, about.

    Raises UsageError where there is nothing to sum up, and what a model call raises; nothing is changed then.
    """
    nodes = [node for node in sent(talk.session.nodes()) if node.message.role != "system"]
    messages = [node.message for node in nodes]
    if talk.session.open_run():
        raise UsageError("compact: tool calls are still open", hint="let the run go on first")
    cut = boundary(messages, "tokens", talk.settings.get("history.keep_tokens"))
    if cut <= (1 if nodes and nodes[0].record.get(KEY) else 0):
        raise UsageError("compact: there is nothing before the last question to sum up")
    summary = await _summary(talk, messages[:cut], wish)
    before = sum(map(tokens_of, messages))
    talk.session.append_message(user(HEADER + summary), **{KEY: {"from": nodes[cut].id, "model": talk.model_name}})
    return before, sum(map(tokens_of, talk.session.messages()))


async def _summary(talk: Talk, messages: list[Message], wish: str) -> str:
    if talk.session.local_only:
        keep_local(talk.target)
    asked = f"{as_text(messages)}\n\nSum this up." + (f" The user asks: {wish}" if wish else "")
    row = talk.target.choice.row
    request = Request(talk.target.model, (system(INSTRUCTION), user(asked)), quirks=row.quirks, stream=talk.stream)
    turn = talk.budget(0.0).metered(asking(talk.target, talk.settings, _nothing), lambda: talk.target)
    answer = Fold()
    async with aclosing(cast("Any", turn(request))) as events:
        async for event in events:
            answer.add(event)
    text = answer.message().text.strip()
    if not text:
        raise IncompleteError("compact: the model gave no summary", hint="nothing was changed")
    return text


def _nothing() -> None:
    """Nobody watches a summary come."""
