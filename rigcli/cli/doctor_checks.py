"""What `rig doctor` looks at, one function a subject. Changes nothing, shows no key, asks nobody but this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from rigcli.cli.world import World
from rigcli.core.errors import RigError

if TYPE_CHECKING:
    from rigcli.home.local import LocalServer
    from rigcli.home.settings import Settings
    from rigcli.providers.rows import Rows

State: TypeAlias = Literal["ok", "missing", "note", "problem"]
T = TypeVar("T")
_MOST = 8  # of a list, on a screen


@dataclass(frozen=True, slots=True)
class Finding:
    """One subject; `more` are further lines."""

    name: str
    state: State
    text: str
    more: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class Report:
    """Everything found. `model` is `{"name", "why"}`, or None where a question would find no model."""

    findings: list[Finding] = field(default_factory=list[Finding])
    model: dict[str, str] | None = None
    next: list[str] = field(default_factory=list[str])

    @property
    def ok(self) -> bool:
        return all(finding.state != "problem" for finding in self.findings)


def examine(world: World) -> Report:
    """Look at everything; a broken part is a finding and keeps nothing else from being looked at."""
    from rigcli.home.settings import load

    report = Report([_settings(world)])
    try:
        settings = load(world.env, world.cwd)
    except RigError as error:
        report.next.append(f"mend the settings: {error.line()}, or: rig config edit")
        return report
    rows = _rows(settings)
    servers = _servers(rows, world, report)
    model = _guarded(report, "model", lambda: _model(settings, rows, world, report))
    looks: dict[str, Callable[[], Finding | None]] = {
        "keys": lambda: _keys(settings, rows, world),
        "keyring": _keyring,
        "indexes": lambda: _indexes(settings),
        "sessions": lambda: _sessions(settings),
        "folders": lambda: _folders(settings),
        "project": lambda: _project(settings),
        "plug-ins": lambda: _plugins(world),
        "sandbox": lambda: _sandbox(settings, world),
    }
    for name, look in looks.items():
        finding = _guarded(report, name, look)
        if finding is not None:
            report.findings.append(finding)
    if model is not None:
        report.findings.insert(1, model)
    report.next += _next_steps(report, settings, servers)
    return report


def _sandbox(settings: Settings, world: World) -> Finding:
    from rigcli.library.tool_context import box_of
    from rigcli.tools.sandbox.run import is_boxed, why_not

    box = box_of(settings, world.cwd)
    if is_boxed(box):
        network = "with network" if box.network else "no network"
        return Finding("sandbox", "ok", f"commands of a model run in bubblewrap, {network}")
    if box.mode == "off":
        return Finding("sandbox", "note", "switched off (sandbox.mode)")
    return Finding("sandbox", "note", f"{why_not(box)}: each call of shell and python is asked about")


def _guarded(report: Report, name: str, look: Callable[[], T]) -> T | None:
    try:
        return look()
    except RigError as error:
        report.findings.append(Finding(name, "problem", error.line()))
        return None


def _settings(world: World) -> Finding:
    from rigcli.home.settings_check import check_all
    from rigcli.wire.quirks import check

    try:
        found = check_all(world.env, world.cwd, check)
    except RigError as error:
        return Finding("settings", "problem", error.line())
    if found.problems:
        return Finding("settings", "problem", found.files, [problem.line() for problem in found.problems])
    return Finding("settings", "note" if found.notes else "ok", found.files, found.notes)


def _rows(settings: Settings) -> Rows:
    from rigcli.providers.rows import Rows
    from rigcli.wire.quirks import check

    return Rows(settings.section("providers"), check)


def _servers(rows: Rows, world: World, report: Report) -> list[LocalServer]:
    """Ask the usual ports of this machine; the finding goes behind the others."""
    from rigcli.home.local import local_servers, models_of

    servers = _guarded(report, "local", lambda: local_servers(rows, world.env)) or []
    lines: list[str] = []
    for server in servers:
        models = models_of(server)
        shown = ", ".join(models[:_MOST]) + (" …" if len(models) > _MOST else "")
        lines.append(f"{server.row.name}: port {server.port}, " + (shown or "no models, or it did not say"))
    text = f"{len(servers)} model server{'s' * (len(servers) != 1)} on this machine" if servers else "no model server"
    report.findings.append(Finding("local", "ok" if servers else "missing", text, lines))
    return servers


def _model(settings: Settings, rows: Rows, world: World, report: Report) -> Finding:
    from rigcli.home.defaults import default_model
    from rigcli.providers.lookup import resolve

    named = settings.get("model")
    if named and named in settings.section("routers"):
        report.model = {"name": named, "why": f"a router, from {settings.origin('model')}"}
        return Finding(
            "model", "ok", f"router {named} (from {settings.origin('model')})", [f"rig models route -m {named} …"]
        )
    if named:
        choice, why = resolve(named, rows, settings.section("aliases")), f"from {settings.origin('model')}"
    elif (found := default_model(settings, rows, world.env)) is not None:
        choice, why = found.choice, found.why
    else:
        order = [row.name for row in rows.all() if row.rank and row.default_model and not row.local]
        return Finding(
            "model", "missing", "none: no key, no local server", ["looked for, in order: " + ", ".join(order)]
        )
    report.model = {"name": choice.full_name, "why": why}
    return Finding("model", "ok", f"{choice.full_name} ({why})", _key_of(choice.row.name, settings, rows, world))


def _key_of(provider: str, settings: Settings, rows: Rows, world: World) -> list[str]:
    """Say so where the model that would be asked has no key."""
    from rigcli.home.defaults import key_places

    row = rows.get(provider)
    if row.key == "optional" or row.local or world.env.get("RIG_API_KEY") or key_places(settings, world.env)(row):
        return []
    return [f"no key for {provider}: rig keys set {provider}"]


def _keys(settings: Settings, rows: Rows, world: World) -> Finding:
    from rigcli.cli.keys import key_origins

    found = key_origins(settings, rows, world)
    lines = [f"{name}: {origin}" for name, origin in found.items()]
    if world.env.get("RIG_API_KEY"):
        lines.insert(0, "RIG_API_KEY: goes to whichever provider a command uses")
    return Finding("keys", "ok" if lines else "missing", f"{len(found)} provider{'s' * (len(found) != 1)}", lines)


def _keyring() -> Finding:
    from rigcli.home.secrets import keyring_name

    name = keyring_name()
    return Finding("keyring", "ok", name) if name else Finding("keyring", "missing", "none: keys go to a 0600 file")


def _indexes(settings: Settings) -> Finding:
    from rigcli.rag.library import Library

    names = Library(settings.folders.indexes).names()
    shown = ", ".join(names[:_MOST]) + (" …" if len(names) > _MOST else "")
    return Finding("indexes", "ok" if names else "missing", shown or "none")


def _sessions(settings: Settings) -> Finding:
    from rigcli.home.sessions import Store

    store = Store(settings.folders.sessions)
    count = len(store.ids())
    aside = store.damaged()
    lines = [f"{len(aside)} damaged, the originals are kept: {', '.join(aside[:_MOST])}"] if aside else []
    text = f"{count} in {settings.folders.sessions}" + (
        "" if settings.get("session.keep") else " (session.keep is false)"
    )
    return Finding("sessions", "note" if lines else "ok", text, lines)


def _folders(settings: Settings) -> Finding:
    """Is everything of ours only ours, and can it be written?"""
    homes = settings.folders
    loose = [str(path) for path in _existing((homes.data, homes.config, homes.state)) if _open_to_others(path)]
    loose += [str(path) for path in _loose_files(homes.sessions)]
    locked = [str(path) for path in _existing((homes.data, homes.config, homes.cache)) if not os.access(path, os.W_OK)]
    lines = [f"others may read {path}: chmod go= {path}" for path in loose[:_MOST]]
    lines += [f"cannot be written: {path}" for path in locked]
    return Finding("folders", "problem" if lines else "ok", str(homes.data), lines)


def _project(settings: Settings) -> Finding | None:
    if settings.untrusted:
        return Finding("project", "note", f"{settings.untrusted} is not trusted", list(settings.notices))
    return Finding("project", "ok", f"{settings.project.folder}, trusted") if settings.project else None


def _plugins(world: World) -> Finding | None:
    from rigcli.home.plugins import KINDS, plugins

    lines = [
        f"{kind}: {plugin.name} ({plugin.distribution} {plugin.version})"
        for kind in KINDS
        for plugin in plugins(kind, world.env).values()
        if plugin.distribution != "rigcli"
    ]
    return Finding("plug-ins", "ok", f"{len(lines)} installed", lines) if lines else None


def _existing(paths: Iterable[Path]) -> list[Path]:
    return [path for path in paths if path.exists()]


def _open_to_others(path: Path) -> bool:
    return os.name == "posix" and bool(path.stat().st_mode & 0o077)


def _loose_files(folder: Path) -> list[Path]:
    return [path for path in _existing([folder]) for path in path.iterdir() if path.is_file() and _open_to_others(path)]


def _next_steps(report: Report, settings: Settings, servers: list[LocalServer]) -> list[str]:
    indexed = any(finding.name == "indexes" and finding.state == "ok" for finding in report.findings)
    if report.model:
        steps = ['rig ask "your question"', "rig chat"]
        return steps if indexed else [*steps, 'rig index ./docs, then: rig ask -i docs "your question"']
    steps = ["You have no model yet. Three ways on:"]
    if servers:
        steps.append(f"  {servers[0].row.title} runs but has no model: give it one, such as: ollama pull llama3.2")
    steps += [
        "  1. a provider's key      rig keys set openai   (or anthropic, groq, openrouter, …)",
        "  2. a model of your own   install Ollama (https://ollama.com), then: ollama pull llama3.2",
        '  3. your files only       rig index ./docs, then: rig ask -i docs "your question"',
    ]
    if settings.get("offline"):
        steps.append("offline is set: only what is on this machine is asked (2 and 3)")
    return steps
