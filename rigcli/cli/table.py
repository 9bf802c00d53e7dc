"""The commands: name, module and one line of help. Menu, dispatch and completion read this one table."""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """`module` is imported when the command is called; its `app` is a `typer.Typer`."""

    module: str
    help: str
    group: str


COMMANDS: dict[str, Command] = {
    "ask": Command("rigcli.cli.ask", "One answer; reads stdin; made for pipelines", "Talk"),
    "chat": Command("rigcli.cli.chat", "A conversation in the terminal", "Talk"),
    "index": Command(
        "rigcli.cli.index", "Read folders or files into a search index (again = only what changed)", "Files"
    ),
    "search": Command("rigcli.cli.search", "Passages of an index, with score and path:line", "Files"),
    "indexes": Command("rigcli.cli.indexes", "List, show and remove indexes", "Files"),
    "embed": Command("rigcli.cli.embed", "Texts to vectors", "Models at work"),
    "rerank": Command("rigcli.cli.rerank", "Documents by how well they answer a question", "Models at work"),
    "transcribe": Command("rigcli.cli.transcribe", "Speech to text", "Models at work"),
    "speak": Command("rigcli.cli.speak", "Text to speech, as a file or aloud", "Models at work"),
    "image": Command("rigcli.cli.image", "A prompt to pictures, or a picture changed", "Models at work"),
    "agents": Command("rigcli.cli.agents", "Your agents: list, show, write, run them, ask which one fits", "Set up"),
    "acp": Command("rigcli.cli.acp", "Serve an editor by the Agent Client Protocol", "Talk"),
    "roles": Command("rigcli.cli.roles", "Your roles: system prompts with parameters", "Set up"),
    "templates": Command("rigcli.cli.templates", "Your templates: prompts with parameters", "Set up"),
    "tools": Command("rigcli.cli.tools", "List, show and run the tools a model may use", "Set up"),
    "mcp": Command("rigcli.cli.mcp", "MCP servers: add, test, show them; be one", "Set up"),
    "models": Command("rigcli.cli.models", "The models that your providers offer, and your aliases", "Set up"),
    "providers": Command("rigcli.cli.providers", "The providers rig knows, and which are ready", "Set up"),
    "plugins": Command("rigcli.cli.plugins", "The plug-ins that are installed, and whether they changed", "Set up"),
    "sessions": Command("rigcli.cli.sessions", "List, show, export and remove stored conversations", "Talk"),
    "usage": Command("rigcli.cli.usage", "Tokens and cost of your calls, by day, model or provider", "Set up"),
    "memory": Command("rigcli.cli.memory", "What is remembered about you: list, set, remove, export", "Talk"),
    "keys": Command("rigcli.cli.keys", "Store and remove provider keys", "Set up"),
    "config": Command("rigcli.cli.config", "Read and change settings, and see where each comes from", "Set up"),
    "doctor": Command("rigcli.cli.doctor", "What is set up, what is missing, what to do next", "Set up"),
    "completions": Command("rigcli.cli.completions", "Completion script for bash, zsh, fish or powershell", "Set up"),
}


def help_text() -> str:
    """Return the text of `rig --help`, made without importing a single command."""
    lines = [
        "Usage: rig COMMAND [OPTIONS] …",
        '       rig "question"          the same as: rig ask "question"',
        "       rig                     on a terminal the same as: rig chat",
        "",
        "A terminal companion for language models.",
    ]
    width = max(map(len, COMMANDS)) + 2
    for group in dict.fromkeys(command.group for command in COMMANDS.values()):
        lines += ["", f"{group}:"]
        lines += [f"  {name:{width}}{row.help}" for name, row in COMMANDS.items() if row.group == group]
    lines += [
        "",
        "Options:",
        "  --version    Print the version",
        "  --help       Print this text; `rig COMMAND --help` tells about one command",
        "",
        "Start with `rig doctor`: it says what is set up and what to do next.",
    ]
    return "\n".join(lines) + "\n"
