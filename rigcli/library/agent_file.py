"""An agent's file for `Agent.from_file`: what a program gets of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from rigcli.core.errors import UsageError
from rigcli.home.agents import SUFFIXES, AgentFile, find_agent, read_agent, with_agent
from rigcli.home.settings import load
from rigcli.home.shelf import Found
from rigcli.library.model import Model

_NOT_HERE = {("index", "default"): "indexes", ("skills", "enabled"): "skills"}


class Loaded(NamedTuple):
    """Times are in seconds; `seconds` is the limit of a whole run, None: none."""

    model: Model | None
    system: str | None
    tools: tuple[str, ...]
    max_turns: int
    tool_timeout: float
    seconds: float | None


def load_agent(file: str | Path, *, own_model: bool = False) -> Loaded:
    """Return what a file, or the agent of that name, makes. Raises UsageError, ConfigError."""
    settings = load(os.environ, Path.cwd())
    path = Path(file)
    agent = read_agent(Found(path.stem, path)) if path.suffix in SUFFIXES else find_agent(settings, str(file))
    _check(agent)
    settings = with_agent(settings, agent)
    model = None if own_model else Model.of_settings(settings)
    return Loaded(
        model,
        agent.system or None,
        agent.tools,
        settings.get("tools.max_turns"),
        settings.get("tools.timeout") or 86400.0,
        agent.values.get(("run", "timeout")) or None,
    )


def _check(agent: AgentFile) -> None:
    """Raise UsageError for what a program would have to do without: it is never left out in silence."""
    missing = [name for parts, name in _NOT_HERE.items() if agent.values.get(parts)]
    missing += [tool for tool in agent.tools if tool.startswith("ask_")]
    missing += ["permits"] if any(parts[0] == "permits" for parts in agent.values) else []
    if missing:
        raise UsageError(
            f"{agent.path}: {', '.join(missing)}: only the program rig has that",
            hint=f"rig agents run {agent.name}, or give the tools to Agent yourself",
        )
