"""Roles and templates as files: a system prompt, or a prompt, with parameters.

roles/teacher.md                     templates/commit.md
---                                  ---
description: Teaches                 description: A commit message for a diff
parameters:                          parameters: {style: {default: plain, description: how it reads}}
subject: {required: true}          options: {temperature: 0}
---                                  ---
You teach {{subject}}.               Write a {{style}} commit message for this diff: {{input}}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, cast

from rigcli.core.errors import ConfigError
from rigcli.home.agents import option_values, with_layer
from rigcli.home.front_matter import check_keys, read, table_of, text_of
from rigcli.home.settings import Layer, Settings
from rigcli.home.settings_file import Values, parse
from rigcli.home.shelf import Found, pick
from rigcli.inputs.rendering import INPUT, filled, parameters_of, render

Kind = Literal["roles", "templates"]
SUFFIXES: Final[dict[Kind, tuple[str, ...]]] = {"roles": (".md",), "templates": (".md", ".toml")}
_KEYS: Final = ("description", "parameters", "model", "options")
_ABOUT: Final = ("description", "default", "required")


@dataclass(frozen=True, slots=True)
class Parameter:
    """`default` is None where there is none."""

    name: str
    description: str = ""
    default: Any = None


@dataclass(frozen=True, slots=True)
class Form:
    """A role or a template: `body` is the text with its places, `system` one beside it (templates)."""

    kind: Kind
    name: str
    path: Path
    body: str
    description: str = ""
    system: str = ""
    parameters: tuple[Parameter, ...] = ()
    values: Values = field(default_factory=dict[tuple[str, ...], Any])

    @property
    def takes_input(self) -> bool:
        """Tell whether what the user says has a place of its own in it."""
        return INPUT in parameters_of(self.body, str(self.path))

    def prompt(self, given: Mapping[str, str], said: str = "") -> str:
        """Return the text with all places filled in; `said` is `{{input}}`.

        Raises UsageError (a parameter is missing, or none of its own), ConfigError.
        """
        return render(self.body, self.values_of(given) | {INPUT: said}, str(self.path)).strip()

    def system_prompt(self, given: Mapping[str, str]) -> str:
        """Return the system prompt beside it, filled in. Raises as `prompt`."""
        return render(self.system, self.values_of(given), str(self.path)).strip() if self.system else ""

    def values_of(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Return the values of all parameters but the input. Raises UsageError."""
        defaults = {each.name: each.default for each in self.parameters if each.default is not None}
        return filled(given, [each.name for each in self.shown()], defaults, f"{self.kind[:-1]} {self.name}")

    def shown(self) -> list[Parameter]:
        """Return all its parameters, those that only the text names too."""
        known = {each.name: each for each in self.parameters}
        used = [*parameters_of(self.body, str(self.path)), *parameters_of(self.system, str(self.path))]
        return [known.get(name) or Parameter(name) for name in dict.fromkeys([*known, *used]) if name != INPUT]


def find_form(settings: Settings, kind: Kind, name: str) -> Form:
    """Return a role or template. Raises UsageError (no such), DeniedError (untrusted), ConfigError (what it says)."""
    return read_form(kind, pick(settings, kind, SUFFIXES[kind], name))


def read_form(kind: Kind, found: Found) -> Form:
    """Return what a file says. Raises ConfigError that names file and key."""
    text, where = found.text(), str(found.path)
    known = _KEYS if kind == "roles" else (*_KEYS, "system")
    if found.path.suffix == ".toml":
        table = parse(found.path, text)
        check_keys(table, (*known, "prompt"), where)
        body = (text_of(table, "prompt", where) or "").strip()
    else:
        table, body = read(found.path, text)
        check_keys(table, known, where)
    if not body:
        raise ConfigError(f"{where}: there is no text in it", hint="write the prompt below the front matter")
    parameters_of(body, where)
    values = option_values(table_of(table, "options", where), where)
    if (model := text_of(table, "model", where)) is not None:
        values["model",] = model
    return Form(
        kind,
        found.name,
        found.path,
        body,
        " ".join((text_of(table, "description", where) or "").split()),
        text_of(table, "system", where) or "",
        _parameters(table.get("parameters", {}), where),
        values,
    )


def with_form(settings: Settings, form: Form, system: str = "") -> Settings:
    """Return the settings as they are with a role or template: its model and options, and this system prompt."""
    values = dict(form.values)
    if system:
        values["system",] = f" {system}" if system.startswith("@") else system
    name = f"{form.kind[:-1]} {form.name}"
    return with_layer(settings, Layer("agent", values, names=dict.fromkeys(values, name))) if values else settings


def _parameters(value: Any, where: str) -> tuple[Parameter, ...]:
    """Return what is said of parameters: a list of names, or a table NAME -> default, or NAME -> what it is."""
    if isinstance(value, list) and all(isinstance(name, str) for name in cast("list[Any]", value)):
        return tuple(Parameter(name) for name in cast("list[str]", value))
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: parameters must be a table: NAME: {{description, default, required}}")
    found: list[Parameter] = []
    for name, about in cast("dict[str, Any]", value).items():
        if not isinstance(about, dict):
            found.append(Parameter(name, default=about))
            continue
        table = cast("dict[str, Any]", about)
        check_keys(table, _ABOUT, f"{where}: parameters.{name}")
        default = table.get("default")
        if default is not None and table.get("required"):
            raise ConfigError(f"{where}: parameters.{name}: what has a default is not required")
        if default is None and table.get("required") is False:
            default = ""
        found.append(Parameter(name, text_of(table, "description", f"{where}: parameters.{name}") or "", default))
    return tuple(found)
