"""Compaction: a node of the tree that stands for what was said before it. Nothing is deleted.

It is a user's message with the summary, its record says from which node on the conversation is still sent as it was:
`"compaction": {"from": ID}`. Whoever goes back before it has the whole conversation again.
"""

from __future__ import annotations

from collections.abc import Sequence

from rigcli.home.sessions.transcript import Node

KEY = "compaction"


def sent(nodes: Sequence[Node]) -> list[Node]:
    """Return what a model is sent of a conversation: after a compaction the system prompt, the summary and the rest."""
    last = next((at for at in range(len(nodes) - 1, -1, -1) if nodes[at].record.get(KEY)), None)
    if last is None:
        return list(nodes)
    first = nodes[last].record[KEY].get("from")
    start = next((at for at, node in enumerate(nodes[:last]) if node.id == first), last)
    kept = [node for node in nodes[start:last] if node.message.role != "system" and not node.record.get(KEY)]
    return [*(node for node in nodes[:last] if node.message.role == "system"), nodes[last], *kept, *nodes[last + 1 :]]
