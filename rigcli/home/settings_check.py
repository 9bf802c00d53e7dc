"""Everything that can be wrong with the settings, at once; a run stops at the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rigcli.core.errors import RigError
from rigcli.home.mcp_servers import configured
from rigcli.home.permits import Permits
from rigcli.home.settings import NO_SETTING, Settings, load, stray_variables
from rigcli.home.settings_file import problems, read_text
from rigcli.home.settings_table import TABLE
from rigcli.providers.lookup import resolve
from rigcli.providers.router import read_router
from rigcli.providers.rows import Check, Rows


@dataclass(slots=True)
class Findings:
    """`problems` stop rig or the thing they name; `notes` are worth a look. `files` are the files that were read."""

    problems: list[RigError] = field(default_factory=list[RigError])
    notes: list[str] = field(default_factory=list[str])
    files: str = "settings"

    def try_(self, what: Callable[[], object]) -> None:
        try:
            what()
        except RigError as error:
            if error.message not in {known.message for known in self.problems}:
                self.problems.append(error)


def check_all(env: Mapping[str, str], cwd: Path, check_quirks: Check | None = None) -> Findings:
    """Return what is wrong with the settings files, the environment, provider rows, aliases and rules."""
    from rigcli.home.paths import folders  # noqa: PLC0415  kept beside its one use

    found = Findings()
    file = folders(env).config_file
    try:
        found.problems += problems(file, read_text(file))
        found.files = str(file)
    except FileNotFoundError:
        found.files = f"{file} (not there, defaults count)"
    except RigError as error:
        found.problems.append(error)
    settings: list[Settings] = []
    found.try_(lambda: settings.append(load(env, cwd)))
    for each in settings:
        _meaning(each, found, cwd, check_quirks)
    found.notes += [_stray(name) for name in stray_variables(env)]
    return found


def _meaning(settings: Settings, found: Findings, cwd: Path, check_quirks: Check | None) -> None:
    found.notes += settings.notices
    rows = Rows(settings.section("providers"), check_quirks)
    for name in rows.own:
        found.try_(lambda name=name: rows.get(name))
    aliases = settings.section("aliases")
    for alias in aliases:
        found.try_(lambda alias=alias: resolve(alias, rows, aliases))
    routers = settings.section("routers")
    for name, table in routers.items():
        found.try_(lambda name=name, table=table: _router(name, table, rows, aliases))
    if (model := settings.get("model")) and model not in routers:
        found.try_(lambda: resolve(model, rows, aliases))
    found.try_(lambda: Permits.of(settings, cwd))
    found.try_(lambda: configured(settings))
    if (ca_file := settings.get("net.ca_file")) and not Path(ca_file).expanduser().is_file():
        found.notes.append(f"net.ca_file: there is no file {ca_file}")


def _router(name: str, table: Mapping[str, Any], rows: Rows, aliases: Mapping[str, str]) -> None:
    for model in read_router(name, table).models:
        resolve(model, rows, aliases)


def _stray(name: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  only a mistake needs it

    near = get_close_matches(name, [*NO_SETTING, *(row.env for row in TABLE)], n=1, cutoff=0.7)
    return f"{name} is set and means nothing to rig" + (f": did you mean {near[0]}?" if near else "")
