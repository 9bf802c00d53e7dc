"""Patches as text: unified diffs, git's among them, and the `*** Begin Patch` format. Read here; applied in `hunks`.

Numbers of lines in `@@` heads are often wrong when a model wrote them: they are followed where they fit, and what the
lines themselves say counts where they do not. Formats: https://www.gnu.org/software/diffutils/manual (unified),
git-diff(1), and OpenAI's apply_patch.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from rigcli.core.ports import ToolError

Mark: TypeAlias = Literal[" ", "-", "+"]
_HEAD = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_OPENING = re.compile(r"\*\*\* (Add|Delete|Update) File: (.+)")
_NO_NEWLINE = "\\"
_LONGEST_START = 60


@dataclass(slots=True)
class Hunk:
    """Lines without their ends. `start` is the first old line, counted from 1; `after` a line that comes before.

    `last` says that the old lines are the file's last; `newline` what a marker says of the file's end, None nothing.
    """

    lines: list[tuple[Mark, str]] = field(default_factory=list[tuple[Mark, str]])
    start: int | None = None
    after: str = ""
    last: bool = False
    newline: bool | None = None

    @property
    def old(self) -> list[str]:
        return [text for mark, text in self.lines if mark != "+"]

    @property
    def new(self) -> list[str]:
        return [text for mark, text in self.lines if mark != "-"]


@dataclass(slots=True)
class FilePatch:
    """What is done to one file; `to` is its new name where it is moved."""

    kind: Literal["add", "delete", "update"]
    path: str
    to: str | None = None
    hunks: list[Hunk] = field(default_factory=list[Hunk])


def parse(text: str) -> list[FilePatch]:
    """Return what a patch does, file by file. Raises ToolError that names the line that cannot be read."""
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    begin = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    if begin < len(lines) and lines[begin].strip() == "*** Begin Patch":
        found = _Envelope(lines, begin + 1).read()
    else:
        found = _Unified(lines, 0).read()
    if not found:
        raise ToolError("the patch names no file: begin with `--- a/FILE` and `+++ b/FILE`, or with `*** Begin Patch`")
    return found


class _Lines:
    """A place in a list of lines."""

    def __init__(self, lines: Sequence[str], at: int) -> None:
        self.lines = lines
        self.at = at

    @property
    def now(self) -> str | None:
        return self.lines[self.at] if self.at < len(self.lines) else None

    def ahead(self, count: int = 1) -> str:
        return self.lines[self.at + count] if self.at + count < len(self.lines) else ""

    def wrong(self, what: str) -> ToolError:
        line = (self.now or "")[:_LONGEST_START]
        return ToolError(f"the patch, line {self.at + 1}: {what}: {line!r}")


class _Envelope(_Lines):
    """`*** Begin Patch` to `*** End Patch`."""

    def read(self) -> list[FilePatch]:
        found: list[FilePatch] = []
        while (line := self.now) is not None and line.strip() != "*** End Patch":
            if not line.strip():
                self.at += 1
                continue
            opening = _OPENING.fullmatch(line.rstrip())
            if opening is None:
                raise self.wrong("`*** Add File: …`, `*** Update File: …` or `*** Delete File: …` expected")
            self.at += 1
            found.append(self._file(opening[1], opening[2].strip()))
        if self.now is None:
            raise ToolError("the patch is cut off: `*** End Patch` is missing")
        if any(line.strip() for line in self.lines[self.at + 1 :]):
            self.at += 1
            raise self.wrong("nothing may follow `*** End Patch`")
        return found

    def _file(self, kind: str, path: str) -> FilePatch:
        if kind == "Delete":
            return FilePatch("delete", path)
        if kind == "Add":
            return FilePatch("add", path, hunks=[self._added()])
        patch = FilePatch("update", path)
        if (line := self.now) is not None and line.startswith("*** Move to: "):
            patch.to = line.removeprefix("*** Move to: ").strip()
            self.at += 1
        while (line := self.now) is not None and (line == "*** End of File" or not line.startswith("***")):
            patch.hunks.append(self._hunk(first=not patch.hunks))
        if not patch.hunks and patch.to is None:
            raise self.wrong(f"{path} is to be updated, and no lines follow")
        return patch

    def _added(self) -> Hunk:
        hunk = Hunk(newline=True)
        while (line := self.now) is not None and line.startswith("+"):
            hunk.lines.append(("+", line[1:]))
            self.at += 1
        return hunk

    def _hunk(self, *, first: bool) -> Hunk:
        hunk = Hunk()
        line = self.now or ""
        if line.startswith("@@"):
            head = _HEAD.match(line)
            hunk.start = int(head[1]) if head else None
            hunk.after = "" if head else line.removeprefix("@@").strip().removesuffix("@@").rstrip()
            self.at += 1
        elif not first:
            raise self.wrong("a line of a hunk begins with a space, - or +")
        while (line := self.now) is not None and not line.startswith(("@@", "*** ")):
            if line[:1] not in (" ", "-", "+", ""):
                raise self.wrong("a line of a hunk begins with a space, - or +")
            hunk.lines.append(_marked(line))
            self.at += 1
        if self.now == "*** End of File":
            hunk.last = True
            self.at += 1
        if not hunk.lines:
            raise self.wrong("a hunk without lines")
        return hunk


class _Unified(_Lines):
    """`--- a/FILE`, `+++ b/FILE` and hunks; git's own lines about modes and names stand before."""

    def read(self) -> list[FilePatch]:
        found: list[FilePatch] = []
        names: dict[str, str] = {}
        while (line := self.now) is not None:
            if line.startswith("diff --git "):
                found += _renamed(names)
                names = {}
            elif line.startswith(("rename from ", "rename to ", "copy from ", "copy to ")):
                key, _, name = line.partition(" from ") if " from " in line else line.partition(" to ")
                names[f"{key} {'from' if ' from ' in line else 'to'}"] = _unquoted(name)
            elif line.startswith("GIT binary patch") or (line.startswith("Binary files ") and line.endswith(" differ")):
                raise self.wrong("a binary patch cannot be applied")
            elif self._at_file():
                found.append(self._file(names))
                names = {}
                continue
            elif line.startswith("@@"):
                raise self.wrong("a hunk before `--- a/FILE` and `+++ b/FILE`")
            elif line[:1] in ("+", "-") and found:
                raise self.wrong("a line that belongs to no hunk")
            self.at += 1
        return [*found, *_renamed(names)]

    def _at_file(self) -> bool:
        return (self.now or "").startswith("--- ") and self.ahead().startswith("+++ ")

    def _file(self, names: dict[str, str]) -> FilePatch:
        old, new = _name((self.now or "")[4:]), _name(self.ahead()[4:])
        if old is None and new is None:
            raise self.wrong("both names are /dev/null")
        if old is not None and new is not None:
            if old.startswith("a/") and new.startswith("b/"):
                old, new = old[2:], new[2:]
        else:
            old = old.removeprefix("a/") if old else None
            new = new.removeprefix("b/") if new else None
        self.at += 2
        if "copy from" in names:
            raise self.wrong("a patch that copies a file cannot be applied")
        if old is None or new is None:
            patch = FilePatch("add" if old is None else "delete", new or old or "")
        else:
            patch = FilePatch("update", old, new if new != old else None)
        while (self.now or "").startswith("@@"):
            patch.hunks.append(self._hunk())
        if not patch.hunks and patch.kind == "update" and patch.to is None:
            raise self.wrong(f"no hunk for {patch.path}: `@@ … @@` expected")
        return patch

    def _hunk(self) -> Hunk:
        head = _HEAD.match(self.now or "")
        hunk = Hunk(start=int(head[1]) if head else None)
        olds, news = (int(head[2] or 1), int(head[4] or 1)) if head else (0, 0)
        if not head:
            hunk.after = (self.now or "").strip("@ ")
        self.at += 1
        while (line := self.now) is not None:
            if line.startswith(_NO_NEWLINE):
                _note_end(hunk)
            elif olds > 0 or news > 0:
                if line[:1] not in (" ", "-", "+", ""):
                    break
                olds, news = olds - (line[:1] != "+"), news - (line[:1] != "-")
                hunk.lines.append(_marked(line))
            elif line[:1] not in (" ", "-", "+") or self._at_file():
                break
            else:
                hunk.lines.append(_marked(line))
            self.at += 1
        if not hunk.lines:
            raise self.wrong("a hunk without lines")
        return hunk


def _note_end(hunk: Hunk) -> None:
    r"""Take in `\ No newline at end of file`: it speaks of the line above it."""
    if not hunk.lines:
        return
    mark = hunk.lines[-1][0]
    if mark == "-":
        hunk.newline = True if hunk.newline is None else hunk.newline
    else:
        hunk.newline = False
    hunk.last = hunk.last or mark != "+"


def _marked(line: str) -> tuple[Mark, str]:
    match line[:1]:
        case "-":
            return "-", line[1:]
        case "+":
            return "+", line[1:]
        case _:  # an empty line: its one space was lost on the way
            return " ", line[1:]


def _name(text: str) -> str | None:
    """Return the name in a `---` line, without the time that may follow it; None for /dev/null."""
    name = _unquoted(text.partition("\t")[0].rstrip())
    return None if name == "/dev/null" else name


def _unquoted(name: str) -> str:
    """Return a name that git put in quotes, as C would write it."""
    if not (len(name) > 1 and name.startswith('"') and name.endswith('"')):
        return name
    plain = {"n": b"\n", "t": b"\t", "r": b"\r", "a": b"\a", "b": b"\b", "f": b"\f", "v": b"\v"}

    def byte(found: re.Match[bytes]) -> bytes:
        code = found[1].decode("ascii", "replace")
        return bytes([int(code, 8) & 0xFF]) if code.isdigit() else plain.get(code, found[1])

    raw = re.sub(rb"\\([0-7]{3}|.)", byte, name[1:-1].encode("utf-8", "surrogatepass"), flags=re.DOTALL)
    return raw.decode("utf-8", "surrogateescape")


def _renamed(names: dict[str, str]) -> list[FilePatch]:
    if "rename from" in names and "rename to" in names:
        return [FilePatch("update", names["rename from"], names["rename to"])]
    return []
