"""May this tool call run? Rules of the user, the session and a trusted project; deny beats ask beats allow.

A rule is one text: a glob on the tool's name and, in brackets, globs on arguments that must all fit.

    read_file                          any call of it
    read_file(path=docs/**)            `**` crosses folders, `*` does not; relative to the working folder
    files__*                           every tool of the MCP server `files`
    fetch(url="https://docs.python.org/*")
    shell(command=git *)               every command of a line must be covered: see command_rules

Where no rule fits: built-in tools that only read are allowed inside the working folder, files that usually hold secrets
(`.env`, keys) apart; everything else is asked about.
Two things no rule allows: rig's own files hold keys and rules, so no tool may touch them; and writing to what runs
later by itself (`.git`, `.rig`, a shell's start file) is asked about each time.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

from rigcli.home.command_rules import command_of, covered, forbidden, unclear
from rigcli.home.rules import PATH_NAMES, Place, Resolved, Rule, parse_rule, quote
from rigcli.home.settings import Settings
from rigcli.tools.secret_names import is_secret

Verdict: TypeAlias = Literal["allow", "ask", "deny"]
_RUNS_LATER = frozenset(
    {".git", ".rig", ".envrc", ".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".profile"}
    | {".zshrc", ".zshenv", ".zprofile", ".zlogin", ".zlogout", ".kshrc", ".cshrc", ".tcshrc", ".login", ".inputrc"}
    | {".ssh", ".gitconfig", ".husky", ".vscode", ".idea", ".venv", ".mcp.json", "sitecustomize.py"}
)
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_SHORT_GIT = re.compile(r"git~\d+")
_EXACT = frozenset({"command", "cmd", "shell", "script", "url"})
_INSIDE = "read-only tools inside the working folder"


@dataclass(frozen=True, slots=True)
class Decision:
    """`rule` decided, or for ask is the one that would allow the call. With `floor` no flag turns ask into allow."""

    decision: Verdict
    rule: str
    floor: bool = False


@dataclass(slots=True)
class Permits:
    """The rules of one run. `session` holds what the user answered `always` to; it is kept in memory only."""

    cwd: Path
    allow: tuple[Rule, ...] = ()
    ask: tuple[Rule, ...] = ()
    deny: tuple[Rule, ...] = ()
    own: tuple[Path, ...] = ()
    session: list[Rule] = field(default_factory=list[Rule])

    @classmethod
    def of(cls, settings: Settings, cwd: Path) -> Permits:
        """Return the rules of the settings. Raises ConfigError for one that cannot be read."""
        homes = settings.folders
        return cls(
            cwd,
            *(_rules(settings, f"permits.{name}") for name in ("allow", "ask", "deny")),
            own=(homes.config, homes.data, homes.state, homes.cache),
        )

    def decide(
        self,
        tool_name: str,
        arguments: Mapping[str, Any],
        *,
        read_only: bool = False,
        origin: str = "built-in",
        approve: Literal["rules", "never", "all"] = "rules",
    ) -> Decision:
        """Return what is to be done with a call. `origin` is built-in or names where the tool is from.

        With `approve` never, ask becomes deny; with all, ask becomes allow, but not where the floor asks.
        """
        found = self._by_rules(tool_name, arguments, read_only=read_only, built_in=origin == "built-in")
        if found.decision == "ask" and approve == "never":
            return Decision("deny", "--approve never", found.floor)
        if found.decision == "ask" and approve == "all" and not found.floor:
            return Decision("allow", "--approve all")
        return found

    def why_not(self, tool_name: str, arguments: Mapping[str, Any]) -> str:
        """Return why no rule allows a call with a command line, in words for a person; "" where one does."""
        line = command_of(arguments) or ""
        return covered(line, (*self.session, *self.allow), tool_name, arguments, Place(self.cwd)).why

    def always(self, rule: str) -> None:
        """Allow what a rule says for the rest of this process. Raises ConfigError."""
        self.session.append(parse_rule(rule))

    def _by_rules(self, tool_name: str, arguments: Mapping[str, Any], *, read_only: bool, built_in: bool) -> Decision:
        place = Place(self.cwd)
        paths = [place.of(value) for value in _path_values(arguments)]
        if any(path.within(folder) for path in paths for folder in self.own):
            return Decision("deny", "no tool touches rig's own files", floor=True)
        line = command_of(arguments)
        if rule := _speaking(self.deny, tool_name, arguments, place, line):
            return Decision("deny", rule)
        floor = not read_only and any(runs_later(path.names) for path in paths)
        floor = floor or (line is not None and unclear(line, self.deny, tool_name, arguments, place) is not None)
        if floor or _speaking(self.ask, tool_name, arguments, place, line):
            return Decision("ask", allowing_rule(tool_name, arguments, place), floor=floor)
        if rule := self._allowing(tool_name, arguments, place, line):
            return Decision("allow", rule)
        if built_in and read_only and all(path.within(self.cwd) and not self._secret(path) for path in paths):
            return Decision("allow", _INSIDE)
        return Decision("ask", allowing_rule(tool_name, arguments, place))

    def _allowing(self, tool_name: str, arguments: Mapping[str, Any], place: Place, line: str | None) -> str | None:
        """Return the rule that allows a call; of a command line the rules that allow all its commands."""
        rules = (*self.session, *self.allow)
        if line is not None:
            return ", ".join(covered(line, rules, tool_name, arguments, place).rules) or None
        rule = _first(rules, tool_name, arguments, place, wary=False)
        return None if rule is None else str(rule)

    def _secret(self, path: Resolved) -> bool:
        """Tell whether a path inside the working folder usually holds secrets, by either of its names."""
        roots = (str(self.cwd), os.path.realpath(self.cwd))
        return any(
            is_secret(os.path.relpath(text, root)) for text, root in zip((path.written, path.real), roots, strict=True)
        )


def allowing_rule(tool_name: str, arguments: Mapping[str, Any], place: Place) -> str:
    """Return the narrowest rule that would allow this call, as the user would write it in the settings."""
    exact: list[str] = []
    for name, value in arguments.items():
        if isinstance(value, list) and name in PATH_NAMES:
            exact.append(f"{name}={_around([place.name(str(each)) for each in cast('list[Any]', value)])}")
        elif isinstance(value, str) and name in PATH_NAMES:
            exact.append(f"{name}={quote(place.name(value))}")
        elif isinstance(value, str) and name in _EXACT:
            exact.append(f"{name}={quote(value)}")
    return f"{quote(tool_name)}({', '.join(exact)})" if exact else quote(tool_name)


def runs_later(names: Iterable[str]) -> bool:
    """Tell whether one of the names on a way, in lower case, holds what runs later by itself.

    Some file systems take `.git.`, `.git::$data`, `git~1` or `.g<joiner>it` for `.git`.
    """
    for name in names:
        plain = _UNSEEN.sub("", name).partition(":")[0].rstrip(". ") or name
        if plain in _RUNS_LATER or _SHORT_GIT.fullmatch(plain) or plain.endswith(".pth"):
            return True
    return False


def _around(names: list[str]) -> str:
    """Return a glob for several paths: the one, or all that is below the folder that holds them."""
    if len(set(names)) == 1:
        return quote(names[0])
    absolute = {os.path.isabs(name) for name in names}  # noqa: PTH117  text, not files
    above = os.path.commonpath(names).replace(os.sep, "/") if len(absolute) == 1 else "/"
    glob = quote(f"{above.rstrip('/')}/" if above else "")
    return f'{glob[:-1]}**"' if glob.endswith('"') and above else f"{glob if above else ''}**"


def _first(
    rules: Iterable[Rule], tool_name: str, arguments: Mapping[str, Any], place: Place, *, wary: bool
) -> Rule | None:
    return next((rule for rule in rules if rule.fits(tool_name, arguments, place, wary=wary)), None)


def _speaking(
    rules: Iterable[Rule], tool_name: str, arguments: Mapping[str, Any], place: Place, line: str | None
) -> str | None:
    """Return the rule that forbids or asks about a call; a command line is looked through."""
    if rule := _first(rules, tool_name, arguments, place, wary=True):
        return str(rule)
    return None if line is None else forbidden(line, rules, tool_name, arguments, place)


def _rules(settings: Settings, key: str) -> tuple[Rule, ...]:
    return tuple(parse_rule(text, where=key) for text in settings.get(key))


def _path_values(arguments: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for name, value in arguments.items():
        if name in PATH_NAMES:
            values = cast("list[Any]", value if isinstance(value, list) else [value])
            found += [os.fspath(each) for each in values if isinstance(each, (str, Path))]
    return found
