"""The question before a tool call: what would run, whole and with nothing hidden, and who says yes.

Default is no. What is shown is the object that runs: a call that was edited is shown and asked about again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from rigcli.core.errors import RigError
from rigcli.core.ports import PendingCall, ToolError, Verdict
from rigcli.core.text_filter import escape_visible
from rigcli.ui import colour
from rigcli.ui.diff import code_of
from rigcli.ui.markdown.spans import cells, clip

QUESTION: Final = "Allow? [y]es, [a]lways here, [s]ave the rule, [e]dit, [N]o or why not: "
QUESTION_WITH_VIEW: Final = QUESTION.replace("[e]dit,", "[e]dit, [v]iew,")
_SPACES: Final = re.compile(r" {24,}")
_DIFF_SPACES: Final = re.compile(r" {80,}")
_BAR: Final = "    │ "
_EMPTY_LINES: Final = re.compile(r"\n{6,}")
_WORD: Final = re.compile(r"[^\W\d_]+")
_LOOK_ALIKE: Final = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "FULLWIDTH", "MATHEMATICAL")


@dataclass
class AskUser:
    """The approver that asks the person at the terminal.

    `read` shows a prompt and returns a line; `edit` returns a text as the user changed it, None where they did not;
    `always` adds a rule for this session, `save` one for good, and returns where; `write` prints; `page` shows what is
    long in a pager. `color` paints diffs.
    """

    read: Callable[[str], Awaitable[str]]
    write: Callable[[str], None]
    cwd: str
    always: Callable[[str], None]
    edit: Callable[[str], Awaitable[str | None]] | None = None
    width: Callable[[], int] = lambda: 80
    save: Callable[[str], str] | None = None
    color: bool = False
    page: Callable[[str], None] | None = None

    async def __call__(self, call: PendingCall) -> Verdict:
        """Ask about one call. An empty answer, and any word that is no command, is a no."""
        edited: dict[str, Any] | None = None
        self._show(call)
        while True:
            try:
                said = (await self.read(QUESTION_WITH_VIEW if self.page and call.preview else QUESTION)).strip()
            except EOFError:
                said = ""
            match said.lower():
                case "y" | "yes":
                    return Verdict("allow", arguments=edited)
                case "a" | "always" | "s" | "save":
                    if self._add_rule(call, edited=edited is not None, for_good=said[0] in "sS"):
                        return Verdict("allow", arguments=edited)
                case "e" | "edit":
                    changed = await self._edited(call)
                    if changed is not None:
                        edited, call = changed.arguments, changed
                        self._show(call)
                case "v" | "view" if self.page and call.preview:
                    self.page("\n".join(self._lines(call)) + "\n")
                case "" | "n" | "no":
                    return Verdict("deny")
                case _:
                    return Verdict("deny", reason=said)

    def _show(self, call: PendingCall) -> None:
        self.write("\n".join(self._lines(call)) + "\n")

    def _lines(self, call: PendingCall) -> list[str]:
        return describe(call, self.cwd, self.width(), color=self.color)

    def _add_rule(self, call: PendingCall, *, edited: bool, for_good: bool = False) -> bool:
        if for_good and self.save is None:
            self.write("rules cannot be saved here: say a for this session\n")
            return False
        if edited or not call.rule:
            self.write(f"{'the arguments were edited' if edited else 'no rule can allow this'}: say y for this call\n")
            return False
        try:
            kept = f"from now on, as saved in {self.save(call.rule)}" if for_good and self.save else "in this session"
            self.always(call.rule)
        except RigError as error:
            self.write(escape_visible(error.line()) + "\n")
            return False
        self.write(f"allowed {escape_visible(kept)}: {escape_visible(call.rule)}\n")
        return True

    async def _edited(self, call: PendingCall) -> PendingCall | None:
        """Return the call as it was edited, with what it would change now; None where it stays as it was."""
        if self.edit is None:
            self.write("nothing here can edit; say y or n\n")
            return None
        try:
            text = await self.edit(json.dumps(call.arguments, indent=2, ensure_ascii=False))
        except RigError as error:
            self.write(escape_visible(error.line()) + "\n")
            return None
        if text is None:
            self.write("not changed\n")
            return None
        try:
            arguments = _read(text)
            preview = call.look(arguments) if call.look else ""
        except ToolError as error:
            self.write(f"not changed: {escape_visible(str(error), keep=chr(10))}\n")
            return None
        return replace(call, arguments=arguments, preview=preview)


def _read(text: str) -> dict[str, Any]:
    """Return edited arguments. Raises ToolError that says what is wrong with them."""
    try:
        value: Any = json.loads(text)
    except ValueError as error:
        raise ToolError(f"this is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ToolError("arguments are one JSON object")
    return cast("dict[str, Any]", value)


def describe(call: PendingCall, cwd: str, width: int, *, color: bool = False) -> list[str]:
    """Return the lines that show a call: tool, each argument whole and escaped, folder, diff, the rule for `always`.

    An argument that the diff shows whole is only named.
    """
    lines = [f"{escape_visible(call.who) or 'The model'} wants to run: {escape_visible(call.name)}"]
    for name, value in call.arguments.items():
        if call.preview and name in call.shown and isinstance(value, str):
            lines.append(f"  {escape_visible(name)}: {len(value):,} characters, as the changes below show")
        else:
            lines += _argument(name, value, width)
    if not call.arguments:
        lines.append("  (no arguments)")
    lines.append(f"  in {escape_visible(cwd)}")
    rows = [row for line in lines for row in _rows(line, width, "")]
    if call.preview:
        rows += ["  changes:", *_diff(call.preview, width, color=color)]
    return rows + [row for line in _below(call) for row in _rows(line, width, "")]


def _below(call: PendingCall) -> list[str]:
    lines: list[str] = []
    if call.rule:
        lines.append(f"  a, s would add the rule: {escape_visible(call.rule)}")
    if call.why:
        lines.append(f"  asked because {escape_visible(call.why)}")
    if warning := look_alikes(json.dumps(call.arguments, ensure_ascii=False)):
        lines.append(f"  careful: {warning}")
    return lines


def _diff(text: str, width: int, *, color: bool) -> list[str]:
    """Return a diff, each line escaped and each row behind a bar. Only colours are added; a tab is shown as one."""
    rows: list[str] = []
    before = ""
    for line in text.removesuffix("\n").split("\n"):
        shown = _DIFF_SPACES.sub(lambda found: f"⟨{len(found[0])} spaces⟩", escape_visible(line, keep="\t"))
        code, before = code_of(line, before), line
        cut = (row.removeprefix(_BAR) for row in _rows(shown.replace("\t", "→   "), width, _BAR))
        rows += [_BAR + colour.paint(row, code, on=color and bool(code)) for row in cut]
    return rows


def _argument(name: str, value: Any, width: int) -> list[str]:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    shown = _EMPTY_LINES.sub(lambda found: f"\n⟨{len(found[0]) - 1} empty lines⟩\n", text)
    shown = _SPACES.sub(lambda found: f"⟨{len(found[0])} spaces⟩", shown)
    lines = [escape_visible(line) for line in shown.split("\n")]
    head = f"  {escape_visible(name)}: "
    if len(lines) == 1 and cells(head + lines[0]) <= width:
        return [head + lines[0]]
    # Every row of a long value keeps the bar: no padding makes a part of it look like a line of ours.
    return [head.rstrip(), *(row for line in lines for row in _rows(line, width, _BAR))]


def _rows(line: str, width: int, prefix: str) -> list[str]:
    room = max(8, width - cells(prefix))
    rows: list[str] = []
    while True:
        row = clip(line, room)
        rows.append(prefix + row)
        line = line[len(row) :]
        if not line:
            return rows


def look_alikes(text: str) -> str:
    """Return a warning about words that mix Latin letters with such that look like them, empty where there are none."""
    if text.isascii():
        return ""
    import unicodedata  # noqa: PLC0415  only foreign letters need it

    found: list[str] = []
    for word in _WORD.findall(text):
        scripts = {unicodedata.name(char, "?").split()[0] for char in word}
        if "LATIN" in scripts and (odd := scripts.intersection(_LOOK_ALIKE)):
            found.append(f"{word!r} mixes Latin and {', '.join(sorted(odd)).title()} letters")
    return "; ".join(dict.fromkeys(found))
