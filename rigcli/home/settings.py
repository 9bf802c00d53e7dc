"""The settings of one run: flag > environment > trusted project > user file > default, each with its origin.

    settings = load(env, cwd, {"model": flag})
    settings.get("net.idle_timeout"), settings.origin("net.idle_timeout"), settings.section("aliases")

pydantic is not used here: this is read by every `rig ask`, and one small table says all there is to check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from rigcli.core.errors import BugError, ConfigError, DeniedError, RigError
from rigcli.home.paths import Folders, folders, home_folder
from rigcli.home.settings_file import SettingsFile, Values, parse_file, read_file, unknown
from rigcli.home.settings_table import TABLE, Setting, check, find, find_parts, read_text, split
from rigcli.home.trust import Project, find_project, read_project, trusted_digest

NO_SETTING = frozenset({"RIG_HOME", "RIG_MCP_TOKEN", "RIG_API_KEY", "RIG_BASE_URL", "RIG_NO_PLUGINS"})
"""Variables that rig reads and that are not settings."""
_BY_ENV = {row.env: row for row in TABLE if not row.is_pattern}
_MISSING = object()


class Found(NamedTuple):
    """A value and where it comes from, as a user would look for it: `--flag`, `RIG_MODEL`, `path:line`, `default`."""

    value: Any
    origin: str


@dataclass(frozen=True, slots=True)
class Layer:
    """The values of one source. `file` finds lines; `names` are the variables of the environment."""

    name: str
    values: Values
    file: SettingsFile | None = None
    names: Mapping[tuple[str, ...], str] = field(default_factory=dict[tuple[str, ...], str])

    def origin(self, parts: tuple[str, ...]) -> str:
        if self.file:
            return self.file.where(parts)
        return self.names.get(parts, self.name)


@dataclass(frozen=True, slots=True)
class Settings:
    """All layers, the strongest first. `notices` are to be told on stderr once.

    `project` is the trusted project folder as it was read; `untrusted` is one that was ignored.
    """

    layers: tuple[Layer, ...]
    folders: Folders
    notices: tuple[str, ...] = ()
    project: Project | None = None
    untrusted: Path | None = None
    held: dict[str, Any] = field(default_factory=dict[str, Any], compare=False, repr=False)
    """What the run opens once and all its parts share, such as a recording."""

    def get(self, key: str) -> Any:
        """Return the value of a known setting (an unknown key is a bug of the caller)."""
        row, parts = _known(key)
        if row.merge:
            return [item for layer in self.layers for item in layer.values.get(parts, ())]
        for layer in self.layers:
            if (value := layer.values.get(parts, _MISSING)) is not _MISSING:
                return value
        return row.default

    def origin(self, key: str) -> str:
        """Return where the value comes from: `flag`, a variable, `path:line`, or `default`."""
        return self.trail(key)[0].origin

    def said(self, key: str) -> bool:
        """Tell whether the command line says the value: by a flag, or by an agent, role or template that it names."""
        _, parts = _known(key)
        return any(parts in layer.values for layer in self.layers if layer.name in ("flag", "agent"))

    def trail(self, key: str) -> list[Found]:
        """Return the value that counts and then those that it overrides, down to the default."""
        row, parts = _known(key)
        found = [Found(layer.values[parts], layer.origin(parts)) for layer in self.layers if parts in layer.values]
        return [*found, Found(row.default, "default")]

    def section(self, name: str) -> dict[str, Any]:
        """Return a table of the user's own names (`aliases`, `options`, …), layers merged key by key."""
        merged: dict[str, Any] = {}
        for layer in reversed(self.layers):
            for parts, value in layer.values.items():
                if parts[0] == name:
                    table = merged
                    for part in parts[1:-1]:
                        table = table.setdefault(part, {})
                    table[parts[-1]] = value
        return merged

    def names(self) -> list[str]:
        """Return every key of the table, and those of the user's own names that are set."""
        own = {".".join(parts) for layer in self.layers for parts in layer.values}
        return [row.key for row in TABLE if not row.is_pattern] + sorted(
            key for key in own if (row := find(key)) and row.is_pattern
        )

    def deny_untrusted(self, section: str, name: str) -> None:
        """Raise DeniedError where a command names what only an untrusted project folder holds, such as its alias."""
        if self.untrusted is None:
            return
        try:
            text = read_project(self.untrusted).files.get("config.toml", b"")
            values = parse_file(self.untrusted / "config.toml", text.decode()).values
        except (RigError, UnicodeDecodeError):
            return  # what cannot be read names nothing; trusting it says what is wrong with it
        if (section, name) in values:
            raise DeniedError(
                f"{section}.{name}: {self.untrusted} is not trusted",
                hint=f"look at what is in it, then: rig config trust {self.untrusted.parent}",
            )


def load(env: Mapping[str, str], cwd: Path, flags: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings of one run; a flag that is None was not given. Raises ConfigError, naming file and line."""
    homes = folders(env)
    layers = [Layer("flag", _flags(flags or {})), _environment(env)]
    project, untrusted, notices = _project(cwd, homes, env)
    user = read_file(homes.config_file)
    if project and (text := project.files.get("config.toml")) is not None:
        file = _project_file(project.folder / "config.toml", text)
        layers.append(Layer("project", file.values, file))
    if user:
        layers.append(Layer("user", user.values, user))
    return Settings(tuple(layers), homes, tuple(notices), project, untrusted)


def from_environment(env: Mapping[str, str], flags: Mapping[str, Any] | None = None) -> Settings:
    """Return what flags and environment alone say; no file is read. Raises ConfigError."""
    return Settings((Layer("flag", _flags(flags or {})), _environment(env)), folders(env))


def stray_variables(env: Mapping[str, str]) -> list[str]:
    """Return the RIG_ variables that mean nothing to rig: most likely a slip."""
    return sorted(name for name in env if name.startswith("RIG_") and name not in NO_SETTING and not _row_of(name))


def _known(key: str) -> tuple[Setting, tuple[str, ...]]:
    row = find(key)
    if row is None:
        raise BugError(f"a bug in rig: no setting {key!r}")
    return row, split(key)


def _flags(flags: Mapping[str, Any]) -> Values:
    values: Values = {}
    for key, value in flags.items():
        if value is None:
            continue
        row = find(key)
        if row is None:
            raise unknown(key)
        try:
            values[split(key)] = check(row, value)
        except ValueError as error:
            raise ConfigError(f"{key} {error}") from None
    return values


def _environment(env: Mapping[str, str]) -> Layer:
    values: Values = {}
    names: dict[tuple[str, ...], str] = {}
    for name, text in env.items():
        if not name.startswith("RIG_") or not text or name in NO_SETTING or not (found := _row_of(name)):
            continue
        row, parts = found
        try:
            values[parts] = read_text(row, text)
        except ValueError as error:
            raise ConfigError(f"{name} {error}") from None
        names[parts] = name
    return Layer("environment", values, None, names)


def _row_of(name: str) -> tuple[Setting, tuple[str, ...]] | None:
    """Return the row and key that a variable sets; names of the user's own are in lower case there."""
    if row := _BY_ENV.get(name):
        return row, split(row.key)
    words = name.removeprefix("RIG_").lower()
    section, _, rest = words.partition("_")
    if section in ("aliases", "options") and rest:
        parts: tuple[str, ...] = (section, rest)
    elif section == "keys" and rest.endswith("_key_cmd"):
        parts = ("keys", _provider(rest.removesuffix("_key_cmd")), "key_cmd")
    elif section == "providers" and (field_ := next((f for f in _ROW_FIELDS if rest.endswith("_" + f)), None)):
        parts = ("providers", _provider(rest.removesuffix("_" + field_)), field_)
    elif section == "mcp" and (field_ := next((f for f in _MCP_FIELDS if rest.endswith("_" + f)), None)):
        parts = ("mcp", rest.removesuffix("_" + field_), field_)
    elif section == "routers" and (field_ := next((f for f in _ROUTER_FIELDS if rest.endswith("_" + f)), None)):
        parts = ("routers", rest.removesuffix("_" + field_), field_)
    else:
        return None
    row = find_parts(parts)
    return (row, parts) if row else None


_MCP_FIELDS = ("url", "command", "timeout", "enabled", "transport")
_ROUTER_FIELDS = ("models", "strategy", "local_only")
_ROW_FIELDS = ("base_url", "default_model", "key_env", "wire")


def _provider(word: str) -> str:
    return word.replace("_", "-")


def _project(cwd: Path, homes: Folders, env: Mapping[str, str]) -> tuple[Project | None, Path | None, list[str]]:
    try:
        home = home_folder(env)
    except ConfigError:
        home = None
    folder = find_project(cwd, homes, home)
    if folder is None:
        return None, None, []
    hint = f"look at what is in it, then: rig config trust {folder.parent}"
    digest = trusted_digest(folder, homes)
    if digest is None:
        return None, folder, [f"{folder} is not trusted and was ignored ({hint})"]
    try:
        project = read_project(folder)
    except DeniedError as error:
        return None, folder, [f"{folder} was ignored: {error.message}"]
    if project.digest != digest:
        return None, folder, [f"{folder} changed since you trusted it and was ignored ({hint})"]
    return project, None, []


def _project_file(path: Path, data: bytes) -> SettingsFile:
    """Return a trusted project's settings. Raises ConfigError for what a project may not say."""
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8") from None
    file = parse_file(path, text)
    for parts, value in file.values.items():
        row = find_parts(parts)
        loosens = row is not None and row.project == "tighten" and not value
        if row is None or row.project == "no" or loosens:
            raise ConfigError(
                f"{file.where(parts)}: a project may not set {'.'.join(parts)}{' to false' * loosens}",
                hint="move it to your own settings: rig config path",
            )
    return file
