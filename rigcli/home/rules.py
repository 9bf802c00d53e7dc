"""One rule about tool calls: read from its text, held against a call. Looks at the disk only to follow links."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path
from typing import Any, cast

from rigcli.core.errors import ConfigError

PATH_NAMES = frozenset(
    {"path", "paths", "file", "files", "file_path", "folder", "dir", "directory", "root", "to", "cwd"}
)
"""Arguments with these names are paths: their globs know folders, and links are followed before they are compared."""
COMMAND_NAMES = frozenset({"command", "cmd", "shell", "script"})
"""Arguments with these names are command lines: see command_rules."""
_FOLDS = sys.platform in ("win32", "darwin")
"""File systems there take Secret and secret for one name."""
_ARGUMENT = re.compile(r"\s*([\w.-]+)\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^,\")][^,)]*|)\s*(,|$)")


@dataclass(frozen=True, slots=True)
class Resolved:
    """A path as it is written and as it really is, once links are followed; both absolute."""

    written: str
    real: str

    def within(self, folder: Path) -> bool:
        """Tell whether it really is in the folder, or the folder itself."""
        root = os.path.realpath(folder)
        return _fold(self.real) == _fold(root) or _fold(self.real).startswith(_fold(root).rstrip(os.sep) + os.sep)

    @property
    def names(self) -> tuple[str, ...]:
        """The names on both ways to it, in lower case: `.GIT` is `.git` on many file systems."""
        return tuple(name.lower() for text in (self.written, self.real) for name in Path(text).parts)


@dataclass(frozen=True, slots=True)
class Place:
    """The working folder, against which relative paths are read."""

    cwd: Path

    def of(self, path: str) -> Resolved:
        written = os.path.normpath(os.path.join(self.cwd, os.path.expanduser(path)))  # noqa: PTH111, PTH118  text, not files
        try:
            real = os.path.realpath(os.path.join(self.cwd, os.path.expanduser(path)))  # noqa: PTH111, PTH118  as above
        except (OSError, ValueError):
            real = written
        return Resolved(written, real)

    def name(self, path: str) -> str:
        """Return how a rule names a path: as it really is, relative where it is inside the working folder."""
        real = Path(self.of(path).real)
        root = Path(os.path.realpath(self.cwd))
        return (real.relative_to(root) if real.is_relative_to(root) else real).as_posix()


@dataclass(frozen=True, slots=True)
class Rule:
    """A glob on a tool's name and globs on its arguments."""

    text: str
    name: str
    arguments: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return self.text

    def fits(self, tool_name: str, arguments: Mapping[str, Any], place: Place, *, wary: bool) -> bool:
        """Tell whether the rule speaks of this call.

        A `wary` rule (ask, deny) fits if any of several values does, and a path by either of its names; one that allows
        must fit them all.
        """
        if not _glob(self.name).fullmatch(tool_name):
            return False
        return all(self._argument(name, glob, arguments, place, wary=wary) for name, glob in self.arguments)

    def _argument(self, name: str, glob: str, arguments: Mapping[str, Any], place: Place, *, wary: bool) -> bool:
        if name not in arguments:
            return False
        value = arguments[name]
        values = cast("list[Any]", value) if isinstance(value, list) else [value]
        fit = [_value_fits(name, glob, str(each), place, wary=wary) for each in values]
        return any(fit) if wary else bool(fit) and all(fit)


def parse_rule(text: str, where: str = "rule") -> Rule:
    """Return the rule that a text says. Raises ConfigError."""
    stripped = text.strip()
    name, bracket, rest = stripped.partition("(")
    name = name.strip()
    if not name or re.search(r"[\s=,\")]", name):
        raise ConfigError(
            f"{where}: {text!r} is no rule", hint="write TOOL or TOOL(argument=glob), such as shell(command=ls)"
        )
    if not bracket:
        return Rule(stripped, name)
    if not rest.endswith(")"):
        raise ConfigError(f"{where}: {text!r} has no closing bracket")
    return Rule(stripped, name, _parse_arguments(rest[:-1], text, where))


def quote(value: str) -> str:
    """Return a glob that fits exactly this value, as it stands in a rule."""
    glob = re.sub(r"([*?\[])", r"[\1]", value)
    if re.fullmatch(r"[^\s,\"()=\\][^,\"()\\\n\r]*", glob) and glob == glob.strip():
        return glob
    return '"' + glob.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r") + '"'


def _parse_arguments(text: str, whole: str, where: str) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        match = _ARGUMENT.match(text, at)
        if match is None:
            raise ConfigError(
                f"{where}: cannot read {text[at:]!r} in {whole!r}", hint='write argument=glob, and "…" around , ( or )'
            )
        found.append((match[1], _unquote(match[2].strip())))
        at = match.end()
    return tuple(found)


def _unquote(text: str) -> str:
    if not text.startswith('"'):
        return text
    named = {"n": "\n", "r": "\r"}
    return re.sub(r"\\(.)", lambda match: named.get(match[1], match[1]), text[1:-1])


def _value_fits(name: str, glob: str, value: str, place: Place, *, wary: bool) -> bool:
    if name in PATH_NAMES:
        return _path_fits(glob, place.of(value), place, wary=wary)
    if name in COMMAND_NAMES and not wary:
        return literal(glob) == value  # what a wildcard covers is told by command_rules, for a whole line at once
    return _glob(glob).fullmatch(value) is not None


def _path_fits(glob: str, path: Resolved, place: Place, *, wary: bool) -> bool:
    """What allows must fit the place that is really reached; what forbids may fit the name that was used as well."""
    expanded = os.path.expanduser(glob).replace(os.sep, "/")  # noqa: PTH111  a glob, not a path
    ways = [(os.path.realpath(place.cwd), path.real)]
    if wary:
        ways.append((str(place.cwd), path.written))
    return any(
        _path_glob(root.replace(os.sep, "/"), expanded).fullmatch(_fold(text.replace(os.sep, "/"))) is not None
        for root, text in ways
    )


def _path_glob(root: str, glob: str) -> re.Pattern[str]:
    """Compile a path glob: `*` and `?` stay within a folder, `**` does not, `docs/**` fits docs itself too."""
    base = ""
    if not os.path.isabs(glob):  # noqa: PTH117  a glob, not a path
        while glob.startswith(("./", "../")):
            step, glob = glob.split("/", 1)
            root = root if step == "." else root.rpartition("/")[0]
        base = re.escape(_fold(root.rstrip("/")))
        glob = "/" + ("" if glob == "." else glob)
    pieces = re.split(r"(/\*\*/|/\*\*$|\*\*|\*|\?|\[!?[^\]]+\])", _fold(glob.rstrip("/")))
    return re.compile(base + "".join(map(_piece, pieces)), re.DOTALL)


_WILD = {"/**/": "/(?:.*/)?", "/**": "(?:/.*)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _piece(piece: str) -> str:
    if piece in _WILD:
        return _WILD[piece]
    if piece.startswith("[") and piece.endswith("]"):
        negated = piece.startswith("[!")
        return "[" + "^" * negated + re.escape(piece[1 + negated : -1]).replace(r"\-", "-") + "]"
    return re.escape(piece)


def _glob(text: str) -> re.Pattern[str]:
    return re.compile(translate(text))


def literal(glob: str) -> str | None:
    """Return the one text that a glob without wildcards fits, or None."""
    plain = re.sub(r"\[([*?\[])\]", r"\1", glob)
    return None if re.search(r"[*?\[]", re.sub(r"\[[*?\[]\]", "", glob)) else plain


def _fold(text: str) -> str:
    return text.lower() if _FOLDS else text
