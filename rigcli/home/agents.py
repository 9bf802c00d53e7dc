"""Agents as files: who answers, with which words before it, which tools and within which limits.

    agents/reviewer.md                       agents/reviewer.toml
    ---                                      description = "Reads code and says what is wrong"
    description: Reads code and says what…   tools = ["read_file", "grep"]
    tools: [read_file, grep]                 system = "You review code."
    limits: {max_turns: 10}                  [limits]
    ---                                      max_turns = 10
    You review code.

An agent is a layer of settings, between the flags of the command line and the environment, so that every command
understands it, `--explain` names it, and nothing in it can loosen a rule.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from rigcli.core.errors import ConfigError
from rigcli.home.front_matter import check_keys, read, table_of, text_of, texts_of
from rigcli.home.settings import Layer, Settings
from rigcli.home.settings_file import Values, parse
from rigcli.home.settings_table import check, find
from rigcli.home.shelf import Found, pick, shelf

SUFFIXES: Final = (".toml", ".md")
LIMITS: Final = {"max_turns": ("tools.max_turns",), "timeout": ("run.timeout",), "max_cost": ("budget.run",)}
_LISTS: Final = {
    "tools": "tools.enabled",
    "native": "tools.native",
    "indexes": "index.default",
    "skills": "skills.enabled",
}
_SWITCHES: Final = {"memory": "memory.enabled"}
_SHORT: Final = re.compile(r"\w+( [\w\[\] ]+)?(,\s*\w+( [\w\[\] ]+)?)*")
_RULES: Final = ("ask", "deny")
KEYS: Final = (
    "description", "model", "system", *_LISTS, *_SWITCHES, "examples", "options", "limits", "permits", "schema",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AgentFile:
    """What one file says. `values` are the settings that it makes; `examples` are prompts that are meant for it."""

    name: str
    path: Path
    description: str = ""
    examples: tuple[str, ...] = ()
    values: Values = field(default_factory=dict[tuple[str, ...], Any])
    schema: str | None = None
    """What its answers must be: JSON Schema as text, or the short form `name, age int`."""

    @property
    def system(self) -> str:
        return str(self.values.get(("system",), "")).lstrip()

    @property
    def tools(self) -> tuple[str, ...]:
        return tuple(self.values.get(("tools", "enabled"), ()))

    @property
    def model(self) -> str | None:
        return self.values.get(("model",))


def known_agents(settings: Settings) -> dict[str, Found]:
    """Return the files of all agents by name; none is read."""
    return shelf(settings, "agents", SUFFIXES)


def find_agent(settings: Settings, name: str) -> AgentFile:
    """Return an agent by name. Raises UsageError (no such), DeniedError (untrusted), ConfigError (what it says)."""
    return read_agent(pick(settings, "agents", SUFFIXES, name))


def read_agent(found: Found) -> AgentFile:
    """Return what an agent's file says. Raises ConfigError that names file and key."""
    text, where = found.text(), str(found.path)
    if found.path.suffix == ".toml":
        table = parse(found.path, text)
        body = text_of(table, "system", where) or ""
    else:
        table, body = read(found.path, text)
        if "system" in table:
            raise ConfigError(f"{where}: system is what stands below the front matter", hint="move it there")
    check_keys(table, KEYS, where)
    values = _values(table, where)
    if body:
        # A leading @ would name a file to `-s`, whose value goes the same way.
        values["system",] = f" {body}" if body.startswith("@") else body
    return AgentFile(
        found.name,
        found.path,
        " ".join((text_of(table, "description", where) or "").split()),
        texts_of(table, "examples", where) or (),
        values,
        _schema(table.get("schema"), where),
    )


def with_agent(settings: Settings, agent: AgentFile) -> Settings:
    """Return the settings as they are with this agent: below the flags, above all else."""
    return with_layer(settings, Layer("agent", agent.values, names=_origins(agent.values, f"agent {agent.name}")))


_OF_ONE: Final = {("system",), *(tuple(key.split(".")) for key in _LISTS.values()), ("tools", "max_turns")}
"""What was said about the conversation that asks, and not about an agent that it asks."""


def as_child(settings: Settings, agent: AgentFile) -> Settings:
    """Return the settings of an agent that another conversation asks.

    Rules, limits on the network and all that holds for everybody stay; who the other one is does not pass on. Tools
    and indexes are only what the agent's own file names.
    """

    def own(parts: tuple[str, ...]) -> bool:
        return parts in _OF_ONE or parts[0] == "options" or (parts in agent.values and parts[0] != "permits")

    layers = [
        replace(layer, values={parts: value for parts, value in layer.values.items() if not own(parts)})
        if layer.name in ("flag", "agent")
        else layer
        for layer in settings.layers
    ]
    nothing: Values = {tuple(setting.split(".")): [] for setting in _LISTS.values()}
    return with_agent(replace(settings, layers=tuple(layers)), replace(agent, values=nothing | agent.values))


def with_layer(settings: Settings, layer: Layer) -> Settings:
    """Return the settings with a layer right below that of the flags."""
    flags, *rest = settings.layers
    return replace(settings, layers=(flags, layer, *rest))


def option_values(table: Mapping[str, Any], where: str) -> Values:
    """Return the settings that a table `options` makes. Raises ConfigError."""
    return {
        ("options", name): _checked("options.*", value, f"{where}: options.{name}") for name, value in table.items()
    }


def _values(table: Mapping[str, Any], where: str) -> Values:
    values = option_values(table_of(table, "options", where), where)
    if (model := text_of(table, "model", where)) is not None:
        values["model",] = model
    for key, setting in _LISTS.items():
        if (words := texts_of(table, key, where)) is not None:
            values[tuple(setting.split("."))] = list(words)
    tools: list[str] = values.get(("tools", "enabled"), [])
    if values.get(("skills", "enabled")) and "use_skill" not in tools:
        values["tools", "enabled"] = [*tools, "use_skill"]
    for key, setting in _SWITCHES.items():
        if key in table:
            values[tuple(setting.split("."))] = _checked(setting, table[key], f"{where}: {key}")
    limits = table_of(table, "limits", where)
    check_keys(limits, LIMITS, f"{where}: limits")
    for key, value in limits.items():
        for setting in LIMITS[key]:
            values[tuple(setting.split("."))] = _checked(setting, value, f"{where}: limits.{key}")
    rules = table_of(table, "permits", where)
    check_keys(rules, _RULES, f"{where}: permits")
    for key in rules:
        values["permits", key] = list(texts_of(rules, key, f"{where}: permits") or ())
    return values


def _schema(value: Any, where: str) -> str | None:
    """Return a schema as text. What would name a file or a class is refused: the agent's own file says it all."""
    if value is None:
        return None
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, str) and (value.lstrip().startswith("{") or _SHORT.fullmatch(value.strip())):
        return value.strip()
    raise ConfigError(f'{where}: schema must be a table (JSON Schema), or the short form: "name, age int"')


def _checked(setting: str, value: Any, what: str) -> Any:
    row = find(setting)
    if row is None:
        raise ConfigError(f"{what}: this version of rig has nothing like it")
    try:
        return check(row, value)
    except ValueError as error:
        raise ConfigError(f"{what} {error}") from None


def _origins(values: Values, origin: str) -> dict[tuple[str, ...], str]:
    return dict.fromkeys(values, origin)
