"""The flags of `rig ask`, once, as data: typer declares its options from them, and the quick parser reads them.

typer costs 50 ms to import and 90 more when it is called (it validates through pydantic). A pipeline that asks a
hundred questions should not pay for that, so a well-formed `rig ask` is parsed by `quick.py` from this same table;
help and every mistake are typer's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from rigcli.core.requests import NATIVE_TOOLS

Format: TypeAlias = Literal["text", "markdown", "json", "jsonl"]
Approve: TypeAlias = Literal["rules", "never", "all"]
Color: TypeAlias = Literal["auto", "always", "never"]
Kind: TypeAlias = Literal["bare", "text", "many", "float", "int"]


class Flag(NamedTuple):
    """`choices` is the closed set of words where there is one; `minimum` the smallest number.

    `words` are what completion offers where any word may stand.
    """

    names: tuple[str, ...]
    kind: Kind
    help: str
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    words: tuple[str, ...] = ()


FLAGS: dict[str, Flag] = {
    "model": Flag(("-m", "--model"), "text", "The model, or an alias or router of yours.", "PROVIDER/MODEL"),
    "system": Flag(("-s", "--system"), "text", "System prompt; @FILE reads it from a file.", "TEXT"),
    "file": Flag(("-f", "--file"), "many", "Attach a file (repeatable); - is stdin.", "PATH|DIR|GLOB|URL|-"),
    "index": Flag(("-i", "--index"), "many", "Answer from an index; a path is indexed first.", "NAME|PATH"),
    "agent": Flag(("-A", "--agent"), "text", "The agent that answers (`rig agents`).", "NAME"),
    "role": Flag(("--role",), "text", "A role of yours as system prompt (`rig roles`).", "NAME"),
    "template": Flag(("-t", "--template"), "text", "A template of yours as prompt (`rig templates`).", "NAME"),
    "parameter": Flag(("-p", "--parameter"), "many", "A parameter of the template or role.", "KEY=VALUE"),
    "tool": Flag(("-T", "--tool"), "many", "Offer a tool (repeatable, globs).", "NAME"),
    "tools_dir": Flag(("--tools-dir",), "many", "Tools from the files of this folder; without -T all of them.", "DIR"),
    "no_tools": Flag(("--no-tools",), "bare", "Offer no tools, whatever the settings say."),
    "native": Flag(
        ("--native",),
        "many",
        "Let the provider use a tool of its own (repeatable).",
        "NAME[:KEY=VALUE,…]",
        words=NATIVE_TOOLS,
    ),
    "messages": Flag(("--messages",), "text", "Start from a conversation in OpenAI chat JSON.", "FILE|-"),
    "tools_file": Flag(("--tools-file",), "text", "Offer tools declared as JSON; calls are reported, not run.", "FILE"),
    "schema": Flag(
        ("-S", "--schema"), "text", "The answer must fit: checked, and asked for again.", "FILE|JSON|CLASS|FIELDS"
    ),
    "continue_": Flag(("-c", "--continue"), "bare", "Go on with the last session."),
    "resume": Flag(("-r", "--resume"), "text", "Go on with this session (a prefix will do).", "ID"),
    "no_session": Flag(("--no-session",), "bare", "Keep nothing on disk."),
    "option": Flag(("-o", "--option"), "many", "A model option: temperature, max_tokens, seed, …", "KEY=VALUE"),
    "format_": Flag(
        ("--format",),
        "text",
        "Default: markdown on a terminal, text in a pipe.",
        None,
        ("text", "markdown", "json", "jsonl"),
    ),
    "code": Flag(("-x", "--code"), "bare", "Only the first fenced code block."),
    "no_stdin": Flag(("--no-stdin",), "bare", "Leave stdin alone."),
    "no_sources": Flag(("--no-sources",), "bare", "No list of sources after the answer."),
    "explain": Flag(("--explain",), "bare", "Print what would be sent, send nothing."),
    "quiet": Flag(("-q", "--quiet"), "bare", "Nothing on stderr but errors."),
    "verbose": Flag(("-v", "--verbose"), "bare", "Say more on stderr: model, usage, price."),
    "debug": Flag(("--debug",), "bare", "Tracebacks, and a redacted log of the wire, on stderr."),
    "base_url": Flag(("--base-url",), "text", "Ask this server.", "URL"),
    "wire": Flag(("--wire",), "text", "The format that this server speaks.", "WIRE"),
    "no_stream": Flag(("--no-stream",), "bare", "Ask for the answer in one piece."),
    "timeout": Flag(("--timeout",), "float", "Seconds for the whole run, retries and tools too.", "S", minimum=0.001),
    "retries": Flag(("--retries",), "int", "Tries after the first (default 3).", "N", minimum=0),
    "max_turns": Flag(("--max-turns",), "int", "Model calls at most (default 25).", "N", minimum=1),
    "max_cost": Flag(("--max-cost",), "float", "US dollars this run may cost at most (exit 9).", "USD", minimum=0),
    "approve": Flag(
        ("--approve",), "text", "never: ask becomes no; all: ask becomes yes.", None, ("rules", "never", "all")
    ),
    "pause": Flag(("--pause",), "bare", "Where nobody can be asked: stop there, to be gone on with (-r ID)."),
    "yes": Flag(("--yes",), "bare", "The same as --approve all."),
    "offline": Flag(("--offline",), "bare", "Refuse all traffic but loopback."),
    "local_only": Flag(("--local-only",), "bare", "Never send this to a server that is not on this machine."),
    "record": Flag(("--record",), "text", "Keep every exchange with a model in this file, without keys.", "FILE"),
    "replay": Flag(("--replay",), "text", "Answer from a recording; nothing is sent.", "FILE"),
    "color": Flag(("--color",), "text", "Colours on the terminal.", None, ("auto", "always", "never")),
}


class ModelFlags(NamedTuple):
    """What the flags of one command line said about the model and the run; None and () mean: not said."""

    model: str | None = None
    system: str | None = None
    agent: str | None = None
    role: str | None = None
    template: str | None = None
    parameters: tuple[str, ...] = ()
    tools_dirs: tuple[str, ...] = ()
    base_url: str | None = None
    wire: str | None = None
    options: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    no_tools: bool = False
    native: tuple[str, ...] = ()
    tools_file: str | None = None
    schema: str | None = None
    indexes: tuple[str, ...] = ()
    resume: str | None = None
    continue_last: bool = False
    no_session: bool = False
    no_stream: bool = False
    timeout: float | None = None
    retries: int | None = None
    max_turns: int | None = None
    max_cost: float | None = None
    approve: Approve = "rules"
    pause: bool = False
    offline: bool = False
    local_only: bool = False
    record: str | None = None
    replay: str | None = None
    quiet: bool = False
    verbose: bool = False
    debug: bool = False
    color: Color = "auto"


class AskFlags(NamedTuple):
    """What only `ask` has."""

    words: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    messages: str | None = None
    format: Format | None = None
    code: bool = False
    no_stdin: bool = False
    no_sources: bool = False
    explain: bool = False


def model_flags(values: Mapping[str, Any]) -> ModelFlags:
    """Return the shared flags of {parameter: value}; a parameter that is missing or None was not said."""
    said = _said(values, ModelFlags._fields)
    said |= {field: tuple(values.get(name) or ()) for field, name in _MANY.items()}
    said["continue_last"] = bool(values.get("continue_"))
    said["approve"] = "all" if values.get("yes") else values.get("approve") or "rules"
    return ModelFlags(**said)


def ask_flags(values: Mapping[str, Any]) -> AskFlags:
    """Return the flags that only `ask` has, of {parameter: value}."""
    said = _said(values, AskFlags._fields)
    said |= {"words": tuple(values.get("prompt") or ()), "files": tuple(values.get("file") or ())}
    said["format"] = values.get("format_")
    return AskFlags(**said)


_MANY = {
    "options": "option",
    "tools": "tool",
    "indexes": "index",
    "native": "native",
    "parameters": "parameter",
    "tools_dirs": "tools_dir",
}


def _said(values: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    return {name: values[name] for name in fields if values.get(name) is not None}
