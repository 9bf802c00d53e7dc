"""A command as a tool, from a TOML file.

    description = "Count the lines of a file"
    command = ["wc", "-l", "{path}"]
    read_only = true
    timeout = 10
    [parameters.path]
    description = "the file"

There is no shell: each `{name}` is filled in inside its word, whatever the value holds, and a value that would be read
as an option is refused. It runs in the sandbox, unless the file says `sandbox = false`.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, cast

from rigcli.core.errors import ConfigError
from rigcli.core.ports import Tool, ToolError, Traits
from rigcli.core.progress import report
from rigcli.core.requests import ToolSpec
from rigcli.core.text_filter import clean
from rigcli.tools.context import OUTPUT, ToolContext
from rigcli.tools.sandbox.box import Box
from rigcli.tools.sandbox.run import environment, is_boxed, run
from rigcli.tools.traits import RUNS_CODE, RUNS_CODE_OFFLINE

_KEYS: Final = (
    "name", "description", "command", "parameters", "cwd", "timeout", "read_only", "env", "sandbox", "network",
)  # fmt: skip
_PARAMETER: Final = ("type", "description", "required", "default", "enum", "dash")
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,),
}  # fmt: skip
_PLACE: Final = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Command:
    """What a file says. `words` are the command line with its places; `dash` names what may begin with a `-`."""

    name: str
    description: str
    words: tuple[str, ...]
    properties: Mapping[str, dict[str, Any]]
    required: tuple[str, ...]
    dash: frozenset[str] = frozenset()
    cwd: str = "."
    timeout: float | None = None
    read_only: bool = False
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    sandbox: bool = True
    network: bool = False


def read_command(path: Path, text: str) -> Command:
    """Return what a file says. Raises ConfigError that names file and key."""
    try:
        table: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from None
    where = str(path)
    _check_keys(table, _KEYS, where)
    words = _words(table.get("command"), where)
    properties, required, dash = _parameters(_get(table, "parameters", dict, {}, where), where)
    for word in words:
        for found in _PLACE.finditer(word):
            if found[1] and found[1] not in properties:
                near = get_close_matches(found[1], properties, n=1)
                hint = f"did you mean {{{near[0]}}}?" if near else f"[parameters.{found[1]}] says what it is"
                raise ConfigError(f"{where}: command: {{{found[1]}}} is no parameter", hint=hint)
    env = _get(table, "env", dict, {}, where)
    return Command(
        _get(table, "name", str, path.stem, where),
        _get(table, "description", str, "", where) or f"Run {words[0]}",
        words,
        properties,
        required,
        dash,
        _get(table, "cwd", str, ".", where),
        _seconds(table, where),
        _get(table, "read_only", bool, False, where),
        {str(name): str(value) for name, value in env.items()},
        _get(table, "sandbox", bool, True, where),
        _get(table, "network", bool, False, where),
    )


def make(command: Command) -> Callable[[ToolContext], Tool]:
    """Return what makes the tool for a working folder."""
    return lambda context: CommandTool(command, context)


class CommandTool:
    """The command as a model meets it."""

    def __init__(self, command: Command, context: ToolContext) -> None:
        self._command = command
        self._context = context
        self._box = _box(context.box, command)
        self.read_only = command.read_only

    @property
    def spec(self) -> ToolSpec:
        schema = {
            "type": "object",
            "properties": dict(self._command.properties),
            "required": list(self._command.required),
            "additionalProperties": False,
        }
        return ToolSpec(self._command.name, self._command.description, schema)

    @property
    def traits(self) -> Traits:
        shut_off = is_boxed(self._box) and not self._box.network
        return RUNS_CODE_OFFLINE if shut_off else RUNS_CODE

    def check(self, arguments: dict[str, Any]) -> None:
        """Raise ToolError for arguments that do not fit, or that would be options."""
        known = self._command.properties
        for name, value in arguments.items():
            if name not in known:
                raise ToolError(f"invalid arguments: {name}: there is no such argument")
            _check_value(name, value, known[name])
        for name in self._command.required:
            if name not in arguments:
                raise ToolError(f"invalid arguments: {name}: required, but missing")
        self.argv(arguments)

    def preview(self, arguments: dict[str, Any]) -> str:
        """Return the command line as it would run."""
        return shlex.join(self.argv(arguments))

    def argv(self, arguments: Mapping[str, Any]) -> list[str]:
        """Return the words of the command line. Raises ToolError."""
        defaults = {n: p["default"] for n, p in self._command.properties.items() if "default" in p}
        values = {**defaults, **{name: value for name, value in arguments.items() if value is not None}}
        argv: list[str] = []
        options_end = False
        for word in self._command.words:
            filled = _fill(word, values)
            places = [found[1] for found in _PLACE.finditer(word) if found[1]]
            if places and not options_end and not word.startswith("-") and self._command.dash.isdisjoint(places):
                _refuse_options(filled, places[0])
            options_end = options_end or word == "--"
            argv += filled
        return argv

    async def run(self, arguments: dict[str, Any]) -> str:
        self.check(arguments)
        root = self._context.root.resolve()
        folder = (root / self._command.cwd).resolve()
        if not folder.is_dir():
            raise ToolError(f"cwd: {self._command.cwd} is no folder")
        limits = [each for each in (self._command.timeout, self._context.timeout) if each]
        ended = await run(
            self.argv(arguments),
            self._box,
            root,
            folder,
            env=environment(dict(self._command.env)),
            limit=OUTPUT,
            seconds=min(limits) if limits else None,
            tell=report,
        )
        lines = [clean(ended.output).rstrip("\n")] if ended.output.strip() else ["[no output]"]
        if ended.stopped:
            lines.append("[stopped: it did not end in its time]")
        elif ended.code:
            lines.append(f"[exit code {ended.code}]")
        return "\n".join(lines)


def _box(box: Box, command: Command) -> Box:
    box = replace(box, network=box.network or command.network)
    return box if command.sandbox else replace(box, mode="off")


def _fill(word: str, values: Mapping[str, Any]) -> list[str]:
    """Return a word with its places filled in: nothing where a value is missing, several for a list alone."""
    whole = _PLACE.fullmatch(word)
    if whole and whole[1] and isinstance(values.get(whole[1]), list):
        return [_text(value) for value in values[whole[1]]]
    if any(found[1] and found[1] not in values for found in _PLACE.finditer(word)):
        return []

    def put(found: re.Match[str]) -> str:
        return _text(values[found[1]]) if found[1] else found[0][0]

    return [_PLACE.sub(put, word)]


def _text(value: Any) -> str:
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    if "\0" in text:
        raise ToolError("invalid arguments: a NUL character cannot be in a command line")
    return text


def _refuse_options(filled: list[str], name: str) -> None:
    if wrong := next((text for text in filled if text.startswith("-")), None):
        raise ToolError(f"invalid arguments: {name}: {wrong!r} would be read as an option; write ./{wrong} for a file")


def _check_value(name: str, value: Any, schema: Mapping[str, Any]) -> None:
    if value is None:
        return
    kind = schema["type"]
    fits = isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
    if kind == "array" and fits:
        fits = all(isinstance(item, str) for item in cast("list[Any]", value))
    if not fits:
        raise ToolError(f"invalid arguments: {name}: must be {'texts in a list' if kind == 'array' else f'a {kind}'}")
    if "enum" in schema and value not in schema["enum"]:
        raise ToolError(f"invalid arguments: {name}: must be one of {', '.join(map(str, schema['enum']))}")


def _parameters(
    tables: Mapping[str, Any], where: str
) -> tuple[dict[str, dict[str, Any]], tuple[str, ...], frozenset[str]]:
    properties: dict[str, dict[str, Any]] = {}
    required: list[str] = []
    dash: set[str] = set()
    for name, about in tables.items():
        place = f"{where}: parameters.{name}"
        if not isinstance(about, dict):
            raise ConfigError(f"{place} must be a table")
        table = cast("dict[str, Any]", about)
        _check_keys(table, _PARAMETER, place)
        kind = _get(table, "type", str, "string", place)
        if kind not in _TYPES:
            raise ConfigError(f"{place}: type must be one of {', '.join(_TYPES)}, not {kind!r}")
        schema: dict[str, Any] = {"type": kind} | ({"items": {"type": "string"}} if kind == "array" else {})
        schema |= {key: table[key] for key in ("description", "default", "enum") if key in table}
        properties[name] = schema
        if _get(table, "required", bool, "default" not in table, place):
            required.append(name)
        if _get(table, "dash", bool, False, place):
            dash.add(name)
    return properties, tuple(required), frozenset(dash)


def _words(value: Any, where: str) -> tuple[str, ...]:
    if isinstance(value, str):
        try:
            value = shlex.split(value)
        except ValueError as error:
            raise ConfigError(f"{where}: command: {error}") from None
    words = cast("list[Any]", value) if isinstance(value, list) else []
    texts = tuple(word for word in words if isinstance(word, str))
    if not texts or len(texts) != len(words) or not texts[0]:
        raise ConfigError(f'{where}: command must be a list of words: ["wc", "-l", "{{path}}"]')
    if _PLACE.search(texts[0]):
        raise ConfigError(f"{where}: command: the program itself cannot be a parameter")
    return texts


def _seconds(table: Mapping[str, Any], where: str) -> float | None:
    value = table.get("timeout")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value <= 0):
        raise ConfigError(f"{where}: timeout must be a number of seconds, not {value!r}")
    return value


def _get(table: Mapping[str, Any], key: str, kind: type, default: Any, where: str) -> Any:
    value = table.get(key, default)
    if not isinstance(value, kind):
        names = {str: "a text", bool: "true or false", dict: "a table"}
        raise ConfigError(f"{where}: {key} must be {names[kind]}, not {value!r}")
    return value


def _check_keys(table: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            near = get_close_matches(key, known, n=1, cutoff=0.5)
            raise ConfigError(
                f"{where}: unknown key {key!r}",
                hint=f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}",
            )
