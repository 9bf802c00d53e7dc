"""Which agent fits a prompt: measured by the built-in embedder against what each says of itself. Nothing is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rigcli.home.agents import AgentFile

NAMED = 0.5
"""Added where the prompt says the agent's name."""


@dataclass(frozen=True, slots=True)
class Fit:
    """An agent, how well it fits (-1 to 1.5, higher is better) and why."""

    name: str
    score: float
    why: str


def rank(prompt: str, agents: Iterable[AgentFile]) -> list[Fit]:
    """Return the agents that say anything of themselves, the best one first."""
    texts = [(agent.name, text) for agent in agents for text in (agent.description, *agent.examples) if text]
    best: dict[str, Fit] = {}
    for (name, text), score in zip(texts, _similar(prompt, [text for _, text in texts]), strict=True):
        if name not in best or score > best[name].score:
            best[name] = Fit(name, score, f"nearest: {text}")
    for name, fit in best.items():
        if _says(prompt, name):
            best[name] = Fit(name, fit.score + NAMED, "the prompt says its name")
    return sorted(best.values(), key=lambda fit: (-fit.score, fit.name))


def _says(text: str, name: str) -> bool:
    words = re.escape(name).replace("_", "[ _-]").replace(r"\-", "[ _-]")
    return re.search(rf"(?<!\w){words}(?!\w)", text, re.IGNORECASE) is not None


def _similar(prompt: str, texts: list[str]) -> list[float]:
    if not texts:
        return []
    from rigcli.rag.embedders.minilm import MiniLM

    vectors: Any = MiniLM().embed([prompt, *texts])
    found: list[float] = (vectors[1:] @ vectors[0]).tolist()
    return found
