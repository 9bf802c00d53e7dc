"""The settings: one row each. Menu, check, explain, environment and the JSON Schema read this one table.

A `*` in a key stands for a name of the user's own: `aliases.*` is every alias. This module knows no file.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple, cast

Kind = Literal["str", "int", "float", "bool", "list", "scalar", "any"]
Project = Literal["yes", "no", "tighten"]
"""May a trusted project set it? `tighten`: only to something stricter than what the user has."""


class Setting(NamedTuple):
    """One row. `minimum` is the smallest number allowed; `merge` lists are joined over all layers."""

    key: str
    kind: Kind
    default: Any
    help: str
    project: Project = "no"
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    merge: bool = False

    @property
    def env(self) -> str:
        """The environment variable that sets it; `<NAME>` stands for the user's own name."""
        return "RIG_" + self.key.upper().replace(".", "_").replace("*", "<NAME>")

    @property
    def is_pattern(self) -> bool:
        return "*" in self.key


PRICES_URL = "https://raw.githubusercontent.com/pydantic/genai-prices/refs/heads/main/prices/new_data/v2/data.json"

TABLE: tuple[Setting, ...] = (
    Setting("model", "str", None, "Model to use where none is named: PROVIDER/MODEL or an alias", "yes"),
    Setting("system", "str", None, "System prompt where none is given", "yes"),
    Setting("offline", "bool", False, "Refuse all network traffic but loopback", "tighten"),
    Setting("local_only", "bool", False, "Content never goes to a server that is not on this machine", "tighten"),
    Setting("prices.url", "str", PRICES_URL, "Where `rig models refresh` fetches prices and context windows"),
    Setting("input.stdin_wait", "float", 30.0, "Seconds to wait for the first byte of a silent pipe", "yes", minimum=0),
    Setting("net.connect_timeout", "float", 10.0, "Seconds until a connection must stand", "yes", minimum=0),
    Setting("net.idle_timeout", "float", 60.0, "Seconds a stream may be silent", "yes", minimum=0),
    Setting("net.timeout", "float", 600.0, "Seconds for one answer in all, retries included", "yes", minimum=0),
    Setting("run.timeout", "float", 0.0, "Seconds for a whole run, its tools included; 0: no limit", "yes", minimum=0),
    Setting("net.retries", "int", 3, "How often a failed request is sent again", "yes", minimum=0),
    Setting("net.http2", "bool", False, "Ask over HTTP/2 where the server speaks it: many requests share a connection"),
    Setting("net.websocket", "bool", False, "Ask over a WebSocket that is kept, where the provider has one"),
    Setting("net.proxy", "str", None, "Proxy URL; HTTPS_PROXY and NO_PROXY count where it is not set"),
    Setting("net.ca_file", "str", None, "PEM file with the certificate authorities to trust"),
    Setting("net.max_response_mb", "float", 64.0, "Largest answer in MiB, decompressed", minimum=0.001),
    Setting("net.record", "str", None, "File that keeps every exchange with a model, without keys: --record"),
    Setting("net.replay", "str", None, "Recording that answers instead of the network: --replay"),
    Setting(
        "otel.enabled", "bool", False, "Send spans of runs to an OpenTelemetry collector (OTEL_EXPORTER_OTLP_ENDPOINT)"
    ),
    Setting("otel.content", "bool", False, "Put prompts, answers and tool results into the spans"),
    Setting("ui.color", "str", "auto", "Colour on the terminal", choices=("auto", "always", "never")),
    Setting("ui.markdown", "bool", True, "Render Markdown on a terminal"),
    Setting("ui.theme", "str", "auto", "Colours of the terminal", choices=("auto", "dark", "light", "plain")),
    Setting("ui.keys", "str", "emacs", "Key bindings of the chat prompt", choices=("emacs", "vi")),
    Setting(
        "ui.pictures",
        "str",
        "auto",
        "Pictures in the terminal: auto asks it what it can",
        choices=("auto", "kitty", "iterm", "sixel", "never"),
    ),
    Setting("tools.enabled", "list", [], "Tools offered without -T; globs are allowed", "yes"),
    Setting("tools.native", "list", [], "Provider's own tools without --native, where it has them", "yes"),
    Setting("skills.enabled", "list", ["*"], "Skills that use_skill offers; globs are allowed", "yes"),
    Setting("agents.instructions", "bool", True, "Read AGENTS.md of trusted folders where tools are offered", "yes"),
    Setting("tools.max_turns", "int", 25, "Most model calls in one run", "yes", minimum=1),
    Setting("tools.timeout", "float", 120.0, "Seconds one tool call may take", "yes", minimum=0),
    Setting("tools.fetch.allow_hosts", "list", [], "Hosts that fetch_url may ask, globs; empty: all public ones"),
    Setting("tools.fetch.deny_hosts", "list", [], "Hosts that fetch_url never asks, globs", merge=True),
    Setting("tools.fetch.private_hosts", "list", [], "Private hosts that fetch_url may ask: host, host:port, network"),
    Setting("tools.web_search.engine", "str", None, "Engine of web_search; the first that has a key where not set"),
    Setting("tools.web_search.url", "str", None, "Server of the engine, for one of your own (SearXNG)"),
    Setting("memory.enabled", "bool", False, "Tell the model what is remembered, and let it remember more"),
    Setting("sandbox.mode", "str", "auto", "Sandbox around commands", choices=("auto", "required", "off")),
    Setting("sandbox.network", "bool", False, "Let commands in the sandbox use the network"),
    Setting("sandbox.readable", "list", [], "Folders of your home that commands may read"),
    Setting("sandbox.writable", "list", [], "Folders besides the working folder that commands may write"),
    Setting("sandbox.memory", "int", 4096, "MiB of memory that one process of a command may use; 0: any", minimum=0),
    Setting("sandbox.processes", "int", 512, "Processes of one command at once; 0: any", minimum=0),
    Setting("budget.run", "float", None, "US dollars one run may cost at most: --max-cost", minimum=0),
    Setting("budget.daily", "float", None, "US dollars all runs of a day may cost at most", minimum=0),
    Setting("usage.keep", "bool", True, "Keep tokens and cost of each call for `rig usage`"),
    Setting(
        "history.policy",
        "str",
        "all",
        "What is sent of a conversation: all, the last messages or tokens, or compact: summed up near the limit",
        "yes",
        choices=("all", "messages", "tokens", "compact"),
    ),
    Setting("history.keep_messages", "int", 40, "Messages that the policy `messages` sends", "yes", minimum=1),
    Setting(
        "history.keep_tokens", "int", 8000, "Tokens that `tokens` sends, and a compaction leaves", "yes", minimum=1
    ),
    Setting("history.compact_at", "float", 0.8, "Part of the window from which `compact` sums up", "yes", minimum=0),
    Setting("history.context", "int", None, "Tokens the model reads at once, if rig does not know", "yes", minimum=1),
    Setting("permits.allow", "list", [], "Rules for tool calls that run without a question", merge=True),
    Setting("permits.ask", "list", [], "Rules for tool calls that are asked about", "yes", merge=True),
    Setting("permits.deny", "list", [], "Rules for tool calls that never run", "yes", merge=True),
    Setting("mcp.*.*", "any", None, "An MCP server: command, args, env, url, headers, … (docs/mcp.md)", "yes"),
    Setting("index.default", "list", [], "Indexes that answer without -i", "yes"),
    Setting("index.top", "int", 8, "Passages put before the model", "yes", minimum=1),
    Setting("index.min_score", "float", 0.0, "Passages below this score are left out", "yes"),
    Setting("index.embedder", "str", None, "Embedder of new indexes: PROVIDER/MODEL; the built-in one where not set"),
    Setting("image.model", "str", None, "Model of `rig image` where none is named: PROVIDER/MODEL", "yes"),
    Setting("image.folder", "str", None, "Folder that pictures are saved in; the working folder where not set"),
    Setting("session.keep", "bool", True, "Keep conversations on disk"),
    Setting("session.lock_wait", "float", 5.0, "Seconds to wait for a session that another process writes", minimum=0),
    Setting("aliases.*", "str", None, "A short name for PROVIDER/MODEL", "yes"),
    Setting(
        "options.*", "scalar", None, "A model option used where -o does not set it: temperature, max_tokens, …", "yes"
    ),
    Setting("routers.*.*", "any", None, "A router: models, strategy, rules, local_only (docs/providers.md)"),
    Setting("keys.*.key_cmd", "str", None, "Command that prints the key of this provider"),
    Setting("providers.*.*", "any", None, "A provider row of your own: wire, base_url, key_env, … (docs/providers.md)"),
)

_BY_KEY = {row.key: row for row in TABLE}
_PATTERNS = tuple((row, tuple(row.key.split("."))) for row in TABLE if row.is_pattern)
_SECTIONS = tuple(tuple(row.key.split(".")) for row in TABLE if "." in row.key)


def split(key: str) -> tuple[str, ...]:
    """Return the parts of a dotted key; a dot inside a name of the user's own (`aliases.gpt-4.1`) stays in the name."""
    parts = tuple(key.split("."))
    for _, pattern in _PATTERNS:
        extra = len(parts) - len(pattern)
        if extra > 0 and parts[0] == pattern[0]:
            parts = (parts[0], ".".join(parts[1 : 2 + extra]), *parts[2 + extra :])
            break
    return parts


def find(key: str) -> Setting | None:
    """Return the row of a dotted key, pattern rows included."""
    return _BY_KEY.get(key) if "*" not in key and key in _BY_KEY else find_parts(split(key))


def find_parts(parts: tuple[str, ...]) -> Setting | None:
    """Return the row of a key that is cut into its parts."""
    row = _BY_KEY.get(".".join(parts))
    if row and not row.is_pattern and len(parts) == row.key.count(".") + 1:
        return row
    for row, pattern in _PATTERNS:
        if (
            len(pattern) == len(parts)
            and all(parts)
            and all(p in ("*", part) for p, part in zip(pattern, parts, strict=True))
        ):
            return row
    return None


def env_name(key: str) -> str:
    """Return the environment variable that sets a key."""
    return "RIG_" + "".join(char if char.isalnum() else "_" for char in key).upper()


def is_section(parts: tuple[str, ...]) -> bool:
    """Tell whether a key is a table of settings, such as `net` or `providers.mine`."""
    return any(len(pattern) > len(parts) and _fits(pattern, parts) for pattern in _SECTIONS)


def _fits(pattern: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    return all(p in ("*", part) for p, part in zip(pattern, parts, strict=False))


def near(key: str) -> str | None:
    """Return the known key that is most like an unknown one."""
    from difflib import get_close_matches  # noqa: PLC0415  only a mistake needs it

    known = [row.key for row in TABLE if not row.is_pattern]
    if found := get_close_matches(key, known, n=1, cutoff=0.6):
        return found[0]
    section, _, name = key.rpartition(".")
    leaves = {row.key.rpartition(".")[2]: row.key for row in TABLE if not row.is_pattern}
    found = get_close_matches(name or section, leaves, n=1, cutoff=0.75)
    return leaves[found[0]] if found else None


def check(row: Setting, value: Any) -> Any:
    """Return the value in its type. Raises ValueError with what is wrong, without the key's name."""
    value = _typed(row, value)
    if row.choices and value not in row.choices:
        raise ValueError(f"must be one of {', '.join(row.choices)}, not {_shown(value)}")
    if row.minimum is not None and value < row.minimum:
        raise ValueError(f"must be at least {row.minimum:g}, not {value}")
    return value


_PLAIN: dict[str, tuple[tuple[type, ...], str]] = {
    "bool": ((bool,), "true or false"),
    "int": ((int,), "a whole number"),
    "scalar": ((str, int, float, bool, list), "text, a number, true, false or a list of these"),
}


def _typed(row: Setting, value: Any) -> Any:
    match row.kind:
        case "str":
            return _text(value)
        case "float":
            return _number(value)
        case "list":
            return _texts(value)
        case "bool" | "int" | "scalar":
            wanted, said = _PLAIN[row.kind]
            if not isinstance(value, wanted) or (isinstance(value, bool) and row.kind == "int"):
                raise ValueError(f"must be {said}, not {_shown(value)}")
            return cast("Any", value)
        case "any":
            return value


def read_text(row: Setting, text: str) -> Any:
    """Return the value that a word of the environment or the command line stands for. Raises ValueError."""
    match row.kind:
        case "bool":
            return check(row, _BOOLS.get(text.strip().lower(), text))
        case "int" | "float":
            try:
                number = int(text) if row.kind == "int" else float(text)
            except ValueError:
                raise ValueError(f"must be a {'whole ' * (row.kind == 'int')}number, not {_shown(text)}") from None
            return check(row, number)
        case "list":
            return check(row, _list(text))
        case "scalar" | "any":
            return check(row, _guess(text))
        case _:
            return check(row, text)


_BOOLS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {_shown(value)}")  # noqa: TRY004  one class for every bad value
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"must be a number, not {_shown(value)}")
    return float(value)


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):  # pyright: ignore[reportUnknownVariableType]  checked right here
        raise ValueError(f"must be a list of texts, not {_shown(value)}")
    return list(value)  # pyright: ignore[reportUnknownArgumentType]  checked above


def _list(text: str) -> Any:
    """`["a", "b"]` as in TOML, or `a,b`."""
    if text.lstrip().startswith("["):
        return _toml(text)
    return [item.strip() for item in text.split(",") if item.strip()]


def _guess(text: str) -> Any:
    """A number, true, false or a list where it reads as one in TOML, else the text itself."""
    if "\n" in text:  # would be read as a second setting
        return text
    try:
        return _toml(text)
    except ValueError:
        return text


def _toml(text: str) -> Any:
    import tomllib  # noqa: PLC0415  17 ms that most runs need not pay

    try:
        return tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        raise ValueError(f"cannot be read: {_shown(text)}") from None


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"  # noqa: PLR2004  one line on a terminal
