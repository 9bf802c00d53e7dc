"""`rig agents`: agents as files; look at them, write one, run one without a terminal, ask which one fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from rigcli.cli import flags as f
from rigcli.cli.plain import ListFormatFlag, group, put, put_json, read_settings, say
from rigcli.cli.world import World
from rigcli.core.errors import Exit, RigError, UsageError

if TYPE_CHECKING:
    from rigcli.home.agents import AgentFile
    from rigcli.home.shelf import Found

NEW = """---
description: What this agent is for, in a sentence; other agents and `rig agents route` read it
# model: PROVIDER/MODEL
tools: [read_file, list_dir, grep]
# indexes: [docs]
# examples: ["A prompt that is meant for it"]
# options: {temperature: 0}
# limits: {max_turns: 10, timeout: 300}
---
You are a careful assistant. Look before you answer, and say what you looked at.
"""

app = group()
Name = Annotated[str, typer.Argument(metavar="NAME", help="As `rig agents list` shows it.")]


@app.command("list")
def list_(format_: ListFormatFlag = "text") -> int:
    """List your agents and those of a trusted project."""
    from rigcli.cli.named_files import list_files
    from rigcli.home.agents import SUFFIXES, read_agent

    world = World.real()

    def row(found: Found) -> dict[str, Any]:
        agent = read_agent(found)
        return {"description": agent.description, "model": agent.model, "tools": list(agent.tools)}

    return list_files(world, read_settings(world), "agents", SUFFIXES, row, format_)


@app.command()
def show(name: Name, format_: ListFormatFlag = "text") -> int:
    """Show what an agent is: its settings, its limits and its system prompt."""
    from rigcli.home.agents import find_agent

    world = World.real()
    agent = find_agent(read_settings(world), name)
    set_ = {".".join(parts): value for parts, value in agent.values.items() if parts != ("system",)}
    if format_ == "json":
        about = {"description": agent.description, "examples": list(agent.examples)}
        put_json(world, {"name": name, **about, "settings": set_, "system": agent.system, "path": str(agent.path)})
        return Exit.OK
    put(world, f"{name}  ({agent.path})")
    if agent.description:
        put(world, agent.description)
    for key, value in set_.items():
        put(world, f"  {key} = {_shown(value)}")
    for example in agent.examples:
        put(world, f"  for example: {example}")
    if agent.system:
        put(world, "\n" + agent.system)
    return Exit.OK


@app.command()
def new(name: Name) -> int:
    """Write a new agent to start from."""
    from rigcli.cli.named_files import make_file
    from rigcli.home.agents import SUFFIXES

    world = World.real()
    return make_file(world, read_settings(world), "agents", SUFFIXES, name, NEW)


@app.command()
def edit(name: Name) -> int:
    """Open an agent in your editor."""
    from rigcli.cli.named_files import edit_file
    from rigcli.home.agents import SUFFIXES, read_agent

    world = World.real()
    return edit_file(world, read_settings(world), "agents", SUFFIXES, name, read_agent)


@app.command()
def run(
    name: Name,
    prompt: Annotated[list[str] | None, typer.Argument(metavar="[TASK]...", help="What is to be done.")] = None,
    model: f.ModelFlag = None,
    file: f.FilesFlag = None,
    index: f.IndexesFlag = None,
    template: f.TemplateFlag = None,
    parameter: f.ParametersFlag = None,
    tool: f.ToolsFlag = None,
    tools_dir: f.ToolsDirFlag = None,
    continue_: f.ContinueFlag = False,
    resume: f.ResumeFlag = None,
    no_session: f.NoSessionFlag = False,
    option: f.OptionsFlag = None,
    format_: f.FormatFlag = None,
    no_stdin: f.NoStdinFlag = False,
    explain: f.ExplainFlag = False,
    quiet: f.QuietFlag = False,
    verbose: f.VerboseFlag = False,
    debug: f.DebugFlag = False,
    base_url: f.BaseUrlFlag = None,
    wire: f.WireFlag = None,
    no_stream: f.NoStreamFlag = False,
    timeout: f.TimeoutFlag = None,
    retries: f.RetriesFlag = None,
    max_turns: f.MaxTurnsFlag = None,
    approve: f.ApproveFlag = None,
    yes: f.YesFlag = False,
    offline: f.OfflineFlag = False,
    local_only: f.LocalOnlyFlag = False,
    record: f.RecordFlag = None,
    replay: f.ReplayFlag = None,
    color: f.ColorFlag = "auto",
) -> int:
    """Let an agent do a task and print its answer: the same as `rig ask -A NAME`.

    In CI: rig agents run reviewer "Look at the last commit" --format jsonl --max-turns 20
    """
    values = dict(locals()) | {"agent": name}
    from rigcli.cli.ask_run import run_ask
    from rigcli.cli.flag_table import ask_flags, model_flags

    return run_ask(model_flags(values), ask_flags(values))


@app.command()
def route(
    prompt: Annotated[list[str], typer.Argument(metavar="PROMPT", help="What would be asked.")],
    format_: ListFormatFlag = "text",
) -> int:
    """Say which agent fits a prompt, by their descriptions and examples; nobody is asked, nothing is sent."""
    from rigcli.library.agent_choice import rank

    world = World.real()
    agents = _all(world)
    if not agents:
        raise UsageError("no agents yet", hint="rig agents new NAME")
    fits = rank(" ".join(prompt), agents)
    if not fits:
        raise UsageError("no agent says what it is for", hint="give each a description, and examples")
    if format_ == "json":
        put_json(world, {"agents": [{"name": x.name, "score": round(x.score, 4), "why": x.why} for x in fits]})
        return Exit.OK
    width = max(len(fit.name) for fit in fits)
    for fit in fits:
        put(world, f"{fit.name:{width}}  {fit.score:5.2f}  {fit.why}")
    return Exit.OK


def _shown(value: Any) -> str:
    return ", ".join(cast("list[str]", value)) if isinstance(value, list) else str(value)


def _all(world: World) -> list[AgentFile]:
    from rigcli.home.agents import known_agents, read_agent

    agents: list[AgentFile] = []
    for found in known_agents(read_settings(world)).values():
        try:
            agents.append(read_agent(found))
        except RigError as error:
            say(world, error.line())
    return agents
